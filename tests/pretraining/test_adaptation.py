"""Adaptation: the biLM and the known words go on, new words begin as rare ones."""

import numpy as np
import pytest
from support import small_backbone

from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.pretraining.adaptation import adapted_language_model
from keras_elmo.pretraining.export import export_preset
from keras_elmo.text.vocabulary import MARKS


@pytest.fixture
def preset(tmp_path):
    backbone, *_ = small_backbone()
    model = ElmoLanguageModel(backbone, 5)
    model.softmax.bias.assign([1.0, 2.0, 3.0, 4.0, 5.0])
    export_preset(model, tmp_path / "preset", vocabulary=[*MARKS, "dog", "cat"])
    return tmp_path / "preset"


def test_known_words_keep_their_rows(preset):
    old = ElmoLanguageModel.from_preset(preset)
    model = adapted_language_model(preset, [*MARKS, "cat", "loan"], dropout=0.2)
    kernel, bias = old.softmax.get_weights()
    expected = np.concatenate([kernel[[0, 1, 2, 4]], kernel.mean(axis=0)[None]])
    np.testing.assert_allclose(model.softmax.kernel.numpy(), expected, rtol=1e-6)
    np.testing.assert_array_equal(model.softmax.bias.numpy(), [*bias[[0, 1, 2, 4]], bias.min()])
    assert model.backbone.config.dropout == 0.2
    weights = zip(model.backbone.get_weights(), old.backbone.get_weights(), strict=True)
    assert all(np.array_equal(ours, theirs) for ours, theirs in weights)


def test_a_preset_without_softmax_gives_its_bilm(preset):
    (preset / "softmax.h5").unlink()
    model = adapted_language_model(preset, [*MARKS, "cat"])
    assert model.vocabulary_size == 4
    backbone = adapted_language_model(preset, [*MARKS, "loan"]).backbone
    np.testing.assert_array_equal(backbone.get_weights()[0], model.backbone.get_weights()[0])


def test_a_copy_has_the_same_weights(preset):
    model = ElmoLanguageModel.from_preset(preset)
    copy = model.rebuilt(dtype="mixed_bfloat16")
    assert copy.backbone.bilm.compute_dtype == "bfloat16"
    for ours, theirs in zip(copy.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
