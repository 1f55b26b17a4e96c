"""A held-out text that is partly the training text is told, sentence by sentence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.pretraining import text_findings
from keras_elmo.pretraining.corpus import encode_sentences
from keras_elmo.pretraining.text_findings import shared_sentences
from keras_elmo.text.vocabulary import MARKS

WORDS = st.lists(st.sampled_from("abc"), min_size=1, max_size=7)
TEXTS = st.lists(WORDS, min_size=1, max_size=12)


@given(training=TEXTS, heldout=TEXTS, block=st.sampled_from([1, 9, 1 << 22]))
def test_the_share_is_that_of_sentences_looked_up_one_by_one(training, heldout, block):
    long = [words for words in heldout if len(words) >= 5] or heldout
    corpus = encode_sentences(training, MARKS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_findings, "_BLOCK", block)
        share = shared_sentences(encode_sentences(heldout, corpus.types), corpus)
    assert share == pytest.approx(np.mean([words in training for words in long]))
