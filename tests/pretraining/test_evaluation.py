"""What pre-training is judged by: perplexity sentence by sentence, features' health, the probe."""

import numpy as np
import pytest
from support import small_backbone, to_numpy

from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.pretraining.batches import TypeCharacters, make_batch
from keras_elmo.pretraining.corpus import encode_sentences
from keras_elmo.pretraining.evaluation import health, linear_probe, perplexity
from keras_elmo.text.characters import CharacterEncoder
from keras_elmo.text.vocabulary import MARKS

SENTENCES = [["a", "dog"], ["the", "cat"], ["rain"], ["no", "the"], ["wind"]]


def test_perplexity_is_that_of_the_sentences_one_by_one():
    backbone, *_ = small_backbone()
    model = ElmoLanguageModel(backbone, 6)
    corpus = encode_sentences(SENTENCES, [*MARKS, "a", "dog", "the"])
    characters = TypeCharacters(corpus.types, 8)
    losses = [
        to_numpy(model(make_batch(corpus, np.array([i]), characters, 6)))[:, 0] for i in range(5)
    ]
    joined = np.concatenate(losses, axis=1)  # (2, 8 words + 5 ends)
    result = perplexity(model, corpus)
    forward, backward = np.exp(joined.mean(axis=1))
    assert result["forward"] == pytest.approx(forward, rel=1e-5)
    assert result["backward"] == pytest.approx(backward, rel=1e-5)
    assert result["perplexity"] == pytest.approx(np.exp(joined.mean()), rel=1e-5)
    assert result["unknown"] == pytest.approx(4 / 8)  # cat, rain, no, wind
    assert result["tokens"] == 8


@pytest.mark.parametrize("skip", [True, False])
def test_health_counts_outputs_at_the_clip(skip):
    """The share at the clip is that of the LSTM's own outputs, whatever was added to them."""
    loose, *_ = small_backbone(projection_clip=1e6, use_skip_connections=skip)
    assert health(loose, SENTENCES)["clipped_2"] == 0.0
    tight, *_ = small_backbone(projection_clip=1e-4, use_skip_connections=skip)
    result = health(tight, SENTENCES)
    assert result["clipped_1"] > 0.9
    assert result["clipped_2"] > 0.9
    ids = CharacterEncoder(8).encode(SENTENCES)
    mask = ids[:, :, 0] > 0
    features = to_numpy(tight({"character_ids": ids, "padding_mask": mask}))[mask]
    assert result["std_1"] == pytest.approx(features[:, 1].std())


def test_linear_probe_tells_signal_from_noise():
    backbone, *_ = small_backbone()
    random = np.random.default_rng(0)
    sentences = random.choice(["aa", "b", "cc", "d"], (90, 3)).tolist()
    signal = ["yes" if "aa" in words else "no" for words in sentences]
    noise = list(random.permutation(["yes", "no"] * 45))
    assert linear_probe(backbone, sentences, signal) > 0.9
    assert linear_probe(backbone, sentences, noise) < 0.8
