"""Streams: each row reads its block of the text once, in order, in both directions."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.pretraining.corpus import BOS, EOS, encode_sentences
from keras_elmo.pretraining.streams import stream_windows
from keras_elmo.text.vocabulary import MARKS


def gaps_of(sentences, types):
    """Every pair of neighbours inside the marked sentences, one after another."""
    ids = {word: i for i, word in enumerate(types)}
    marked = [[BOS, *(ids[word] for word in words), EOS] for words in sentences]
    return [pair for words in marked for pair in itertools.pairwise(words)]


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=12),
    rows=st.integers(1, 4),
    steps=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_rows_read_their_blocks_by_brute_force(lengths, rows, steps, seed):
    words = iter(f"w{i}" for i in range(1000))  # all different: each place is known by its word
    sentences = [[next(words) for _ in range(length)] for length in lengths]
    corpus = encode_sentences(sentences, MARKS)
    ring = gaps_of(sentences, corpus.types)
    block = len(ring) // rows
    if block < steps:
        with pytest.raises(ValueError, match="fewer than one batch"):
            next(stream_windows(corpus, rows, steps, np.random.default_rng(seed)))
        return
    windows = list(stream_windows(corpus, rows, steps, np.random.default_rng(seed)))
    assert len(windows) == block // steps
    cut = int(np.random.default_rng(seed).integers(len(ring)))
    for row in range(rows):
        start = cut + row * block
        whole = [ring[(start + i) % len(ring)] for i in range(block)]
        used = len(windows) * steps
        read = np.concatenate([window[0][0, row] for window in windows])
        predicted = np.concatenate([window[1][0, row] for window in windows])
        assert list(zip(read, predicted, strict=True)) == whole[:used]
        read = np.concatenate([window[0][1, row][::-1] for window in windows])
        predicted = np.concatenate([window[1][1, row][::-1] for window in windows])
        assert [(b, a) for a, b in zip(read, predicted, strict=True)] == whole[::-1][:used]
