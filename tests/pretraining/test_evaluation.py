"""What pre-training is judged by: perplexity sentence by sentence, features' health, the probe."""

import gc
from itertools import product

import numpy as np
import pytest
from support import small_backbone, to_numpy

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.embedding.embedder import ElmoEmbedder
from keras_elmo.pretraining.batches import BatchMaker, TypeCharacters
from keras_elmo.pretraining.corpus import encode_sentences
from keras_elmo.pretraining.evaluation import (
    RunMeasures,
    effective_rank,
    health,
    linear_probe,
    perplexity,
)
from keras_elmo.text.characters import CharacterEncoder
from keras_elmo.text.vocabulary import MARKS

SENTENCES = [["a", "dog"], ["the", "cat"], ["rain"], ["no", "the"], ["wind"]]


def test_perplexity_is_that_of_the_sentences_one_by_one():
    backbone, *_ = small_backbone()
    model = ElmoLanguageModel(backbone, 6)
    corpus = encode_sentences(SENTENCES, [*MARKS, "a", "dog", "the"])
    characters = TypeCharacters(corpus.types, 8)
    losses = [
        to_numpy(model(BatchMaker(characters, 6).of_sentences(corpus, np.array([i]))))[:, 0]
        for i in range(5)
    ]
    joined = np.concatenate(losses, axis=1)  # (2, 8 words + 5 ends)
    result = perplexity(model, corpus)
    forward, backward = np.exp(joined.mean(axis=1))
    assert result["forward"] == pytest.approx(forward, rel=1e-5)
    assert result["backward"] == pytest.approx(backward, rel=1e-5)
    assert result["perplexity"] == pytest.approx(np.exp(joined.mean()), rel=1e-5)
    letters = sum(len(word) + 1 for words in SENTENCES for word in words)
    assert result["per_character"] == pytest.approx(np.exp(joined.mean() * 13 / letters), rel=1e-5)
    assert result["unknown"] == pytest.approx(4 / 8)  # cat, rain, no, wind
    assert result["tokens"] == 8


def test_effective_rank_counts_the_directions_in_which_words_differ():
    corners = np.concatenate([np.eye(5), -np.eye(5)])  # 5 directions of the same variance
    assert effective_rank(corners) == pytest.approx(5)
    assert effective_rank(np.tile(corners, 2) + 100.0) == pytest.approx(5)
    assert effective_rank(corners * [10, 1e-9, 1e-9, 1e-9, 1e-9]) == pytest.approx(1)
    assert effective_rank(corners * [3, 1, 0, 0, 0]) == pytest.approx(
        np.exp(-(0.9 * np.log(0.9) + 0.1 * np.log(0.1)))
    )


def test_a_fresh_network_tells_words_apart():
    """Started too small, all words are nearly one vector, and no loss shows it."""
    backbone = ElmoBackbone(
        projection_dim=64, units=128, char_filters=[[1, 16], [2, 32], [3, 64]], num_highways=1
    )
    words = [["".join(letters)] for letters in product("aeio", "bdfgkl", "mnprst", "y")]
    result = health(ElmoEmbedder(backbone), words)
    for layer in range(3):
        assert result[f"rank_{layer}"] > 10
    assert 0.2 < result["std_0"] < 2


@pytest.mark.parametrize("skip", [True, False])
def test_health_counts_outputs_at_the_clip(skip):
    """The share at the clip is that of the LSTM's own outputs, whatever was added to them."""
    loose, *_ = small_backbone(projection_clip=1e6, use_skip_connections=skip)
    assert health(ElmoEmbedder(loose), SENTENCES)["clipped_2"] == 0.0
    tight, *_ = small_backbone(projection_clip=1e-4, use_skip_connections=skip)
    result = health(ElmoEmbedder(tight), SENTENCES)
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
    embedder = ElmoEmbedder(backbone)
    assert linear_probe(embedder, sentences, signal) > 0.9
    assert linear_probe(embedder, sentences, noise) < 0.8


@pytest.mark.compiled
def test_another_evaluation_of_a_run_makes_no_more_graphs():
    """A run of days evaluates hundreds of times; what each left behind filled the memory."""
    backbone, *_ = small_backbone()
    model = ElmoLanguageModel(backbone, 6)
    measure = RunMeasures(encode_sentences(SENTENCES, [*MARKS, "a", "dog", "the"]))
    first = measure(model)

    def kinds():
        gc.collect()
        names = [type(item).__name__ for item in gc.get_objects()]
        return [names.count(name) for name in ("Node", "KerasTensor", "FuncGraph", "Function")]

    before = kinds()
    assert measure(model) == first
    assert kinds() == before
    backbone.set_weights([2 * array for array in backbone.get_weights()])
    assert measure(model)["std_0"] != first["std_0"]  # of the weights as they are now
