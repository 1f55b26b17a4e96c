"""What trains inside an ELMo, before and after it was saved."""

import warnings

import keras
import numpy as np
import pytest
from support import small_backbone, to_numpy

from keras_elmo import ElmoBackbone, ElmoEmbedding
from keras_elmo.text import CharacterEncoder

IDS = CharacterEncoder(8).encode([["profit", "rose"], ["a"], ["two", "words", "more"]])
FREEZE = {
    "nothing": lambda layer: None,
    "word layer": lambda layer: setattr(layer.backbone.word_layer, "trainable", False),
    "one direction": lambda layer: setattr(
        layer.backbone.bilm.forward_layers[0], "trainable", False
    ),
    "all of ELMo": lambda layer: setattr(layer.backbone, "trainable", False),
    "mix": lambda layer: setattr(layer.mixes[0], "trainable", False),
    "whole layer": lambda layer: setattr(layer, "trainable", False),
}


def trains(model):
    """Whether each weight trains, in the order of the weights."""
    trained = {id(variable) for variable in model.trainable_variables}
    return [id(variable) in trained for variable in model.weights]


def compiled(outputs, ids):
    model = keras.Model(ids, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling1D()(outputs)))
    model.compile("adam", "mse", run_eagerly=True, jit_compile=False)
    model.train_on_batch(IDS, np.ones((3, 1)))
    return model


def reloaded(model, path):
    model.save(path / "model.keras")
    with warnings.catch_warnings():  # of Keras, that it leaves out the state of the optimizer
        warnings.simplefilter("error")
        return keras.saving.load_model(path / "model.keras")


@pytest.mark.portable
@pytest.mark.parametrize("what", FREEZE)
def test_what_is_frozen_stays_frozen_and_the_optimizer_goes_on(what, tmp_path):
    ids = keras.Input((None, 8), dtype="int32")
    layer = ElmoEmbedding(small_backbone()[0], trainable=True)
    outputs = layer(ids)
    FREEZE[what](layer)
    model = compiled(outputs, ids)
    loaded = reloaded(model, tmp_path)
    assert trains(loaded) == trains(model)
    again = next(part for part in loaded.layers if isinstance(part, ElmoEmbedding))
    assert again.get_config() == layer.get_config()
    for one, other in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(to_numpy(one.value), to_numpy(other.value))
    for each in (model, loaded):
        each.train_on_batch(IDS, np.ones((3, 1)))
    for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_backbone_says_what_trains():
    backbone = small_backbone()[0]
    assert "trainable_parts" not in backbone.get_config()
    backbone.word_layer.trainable = False
    backbone.bilm.backward_layers[1].trainable = False
    parts = {"char_cnn": False, "bilm/backward_1": False}
    assert backbone.get_config()["trainable_parts"] == parts
    copy = ElmoBackbone.from_config(backbone.get_config())
    assert trains(copy) == trains(backbone)
    backbone.trainable = False  # and with it all that it holds
    backbone.bilm.trainable = True
    copy = ElmoBackbone.from_config(backbone.get_config())
    assert not copy.trainable_variables
    assert copy.bilm.trainable
    assert not copy.word_layer.trainable


def test_parts_freeze_by_name():
    backbone = ElmoBackbone(**small_backbone()[1], trainable_parts={"bilm": False})
    assert {variable.path.split("/")[0] for variable in backbone.trainable_variables} == {
        "char_cnn"
    }
    with pytest.raises(ValueError, match=r"`trainable_parts`.*char_cnn.*Received: 'bilm_1'"):
        ElmoBackbone(**small_backbone()[1], trainable_parts={"bilm_1": False})


def test_a_layer_does_not_thaw_what_was_frozen_before():
    backbone = small_backbone()[0]
    backbone.word_layer.trainable = False
    ElmoEmbedding(backbone, trainable=True)
    assert not backbone.word_layer.trainable
    assert backbone.bilm.trainable


@pytest.mark.portable
def test_two_layers_share_a_backbone(tmp_path):
    ids = keras.Input((None, 8), dtype="int32")
    backbone = small_backbone()[0]
    layers = [ElmoEmbedding(backbone, mix=mix, trainable=True) for mix in ("scalar", "top")]
    outputs = keras.layers.Concatenate()([layer(ids) for layer in layers])
    backbone.word_layer.trainable = False
    model = compiled(outputs, ids)
    own = sum(np.prod(layer.mixes[0].count_params()) for layer in layers) + 8 * 2 + 1
    assert model.count_params() == backbone.count_params() + own
    loaded = reloaded(model, tmp_path)
    one, other = (part.backbone for part in loaded.layers if isinstance(part, ElmoEmbedding))
    assert one is other
    assert one is not backbone
    assert trains(loaded) == trains(model)
    assert len(loaded.weights) == len(model.weights)
    for each in (model, loaded):
        each.train_on_batch(IDS, np.zeros((3, 1)))
    np.testing.assert_allclose(to_numpy(loaded(IDS)), to_numpy(model(IDS)), rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match=r"shares its backbone.*`model\.save\('model\.keras'\)`"):
        keras.models.clone_model(model)


def test_layers_that_share_a_backbone_must_agree_on_training():
    backbone = small_backbone()[0]
    first = ElmoEmbedding(backbone, trainable=True, name="first")
    with pytest.raises(ValueError, match=r"trainable=False.*'first' has with trainable=True"):
        ElmoEmbedding(backbone)
    assert first.backbone.trainable


def test_a_backbone_is_not_cloned():
    with pytest.raises(NotImplementedError, match=r"`ElmoBackbone\.from_config\("):
        keras.models.clone_model(small_backbone()[0])


def test_a_model_with_a_layer_is_cloned():
    ids = keras.Input((None, 8), dtype="int32")
    layer = ElmoEmbedding(small_backbone()[0], mix="concat", trainable=True)
    model = compiled(layer(ids), ids)
    before = model.get_weights()
    clone = keras.models.clone_model(model)
    clone.set_weights(before)
    np.testing.assert_allclose(to_numpy(clone(IDS)), to_numpy(model(IDS)), atol=1e-6)
    clone.compile("sgd", "mse", run_eagerly=True)
    clone.train_on_batch(IDS, np.ones((3, 1)))
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    assert any((a != b).any() for a, b in zip(clone.get_weights(), before, strict=True))
