"""The backbone as a Keras model: padding, saving, published files, and its refusals."""

import json

import keras
import numpy as np
import pytest
from support import small_backbone, to_numpy

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.variables import arrays_by_path, assign_variables
from keras_elmo.text.characters import CharacterEncoder
from keras_elmo.weights import WeightsError

SENTENCES = [["a", "dog", "barks"], ["yes"], ["no", "", "naïve"]]
WORDS = {"vocabulary_size": 5, "char_filters": [], "num_highways": 0}
WORD_BATCH = {"token_ids": np.array([[1, 2], [3, 4]]), "padding_mask": np.ones((2, 2), "bool")}


def batch_of(sentences, length=None):
    ids = CharacterEncoder(8).encode(sentences, length)
    return {"character_ids": ids, "padding_mask": ids[:, :, 0] > 0}


@pytest.mark.portable
def test_a_sentence_alone_and_in_a_padded_batch():
    backbone, *_ = small_backbone()
    batch = batch_of(SENTENCES, 5)
    batch["character_ids"][~batch["padding_mask"]] = 77
    together = backbone.predict_on_batch(batch)
    for row, sentence in zip(together, SENTENCES, strict=True):
        alone = backbone.predict_on_batch(batch_of([sentence]))[0]
        np.testing.assert_allclose(row[: len(sentence)], alone, atol=1e-6, rtol=1e-5)
        assert not row[len(sentence) :].any()


def test_call_and_predict_agree_and_the_shape_is_declared():
    """What a head is built on, and what a compiled graph gives."""
    backbone, *_ = small_backbone()
    assert backbone.output_shape == (None, None, 3, 8)
    features = backbone.predict_on_batch(batch_of(SENTENCES))
    np.testing.assert_allclose(features, to_numpy(backbone(batch_of(SENTENCES))), atol=1e-6)


def test_an_empty_row_gives_no_numbers_and_no_nan():
    backbone, *_ = small_backbone()
    assert not to_numpy(backbone(batch_of([[], ["a"]])))[0].any()


@pytest.mark.portable
@pytest.mark.parametrize("changes", [{}, {"stateful": True, "batch_size": 3}, WORDS])
def test_keras_file_and_weights_file(changes, tmp_path):
    backbone, *_ = small_backbone(**changes)
    batch = WORD_BATCH if "vocabulary_size" in changes else batch_of(SENTENCES)
    expected = backbone.predict_on_batch(batch)
    backbone.save(tmp_path / "elmo.keras")
    backbone.save_weights(tmp_path / "elmo.weights.h5")
    loaded = keras.saving.load_model(tmp_path / "elmo.keras")
    fresh = ElmoBackbone.from_config(backbone.get_config())
    fresh.load_weights(tmp_path / "elmo.weights.h5")
    for other in (loaded, fresh):
        if "stateful" in changes:
            other.reset_state()
        assert type(other) is ElmoBackbone
        assert other.get_config() == backbone.get_config()
        np.testing.assert_array_equal(other.predict_on_batch(batch), expected)


def test_config_is_json_and_holds_the_constructor_arguments():
    changes = {"dropout": 0.25, "forget_bias": 0.5, "keep_boundaries": True, "dtype": "float64"}
    backbone, *_ = small_backbone()
    config = backbone.get_config() | changes
    assert ElmoBackbone(**json.loads(json.dumps(config))).get_config() == config


@pytest.mark.portable
@pytest.mark.parametrize("changes", [{}, {"num_layers": 1, "num_highways": 0}, WORDS])
def test_published_files_round_trip_bit_for_bit(changes, tmp_path):
    backbone, *_ = small_backbone(**changes)
    arrays = arrays_by_path(backbone)
    files = tmp_path / "weights.hdf5", tmp_path / "options.json"
    backbone.save_hdf5(*files)
    again = ElmoBackbone.from_preset(files[0], options=files[1], dropout=0.5)
    assert arrays.keys() == arrays_by_path(again).keys()
    for path, array in arrays_by_path(again).items():
        np.testing.assert_array_equal(array, arrays[path])
        assert array.dtype == np.float32
    batch = WORD_BATCH if "vocabulary_size" in changes else batch_of(SENTENCES)
    noisy, calm = to_numpy(again(batch, training=True)), to_numpy(backbone(batch))
    assert noisy.shape == calm.shape
    assert np.abs(noisy - calm).max() > 0.0  # dropout has its random state


def test_variables_inside_a_larger_model():
    """A backbone built under another layer's name has longer paths in Keras, and the same here."""
    backbone, _, variables = small_backbone()
    with keras.name_scope("outer"):
        inner = ElmoBackbone(**backbone.get_config())
    assign_variables(inner, variables)
    np.testing.assert_array_equal(
        to_numpy(inner(batch_of(SENTENCES))), to_numpy(backbone(batch_of(SENTENCES)))
    )


def test_wrong_arrays_are_named():
    backbone, _, variables = small_backbone()
    bias = variables.pop("bilm/forward_0/bias")
    with pytest.raises(WeightsError, match=r"missing \['bilm/forward_0/bias'\], surplus \['b'\]"):
        assign_variables(backbone, {**variables, "b": bias})
    variables["bilm/forward_0/bias"] = bias[:-1]
    with pytest.raises(WeightsError, match=r"bilm/forward_0/bias must .* \(24,\). .*: \(23,\)"):
        assign_variables(backbone, variables)


@pytest.mark.parametrize("changes", [{"stateful": True}, {"batch_size": 3}])
def test_stateful_and_batch_size_go_together(changes):
    with pytest.raises(ValueError, match="fixed `batch_size` go together"):
        small_backbone(**changes)


def test_half_precision_computes_in_its_type_and_keeps_float32_variables():
    backbone, *_ = small_backbone(dtype="mixed_bfloat16")
    exact, *_ = small_backbone()
    features = backbone(batch_of(SENTENCES))
    assert keras.backend.standardize_dtype(features.dtype) == "bfloat16"
    assert {variable.dtype for variable in backbone.trainable_variables} == {"float32"}
    features = to_numpy(keras.ops.cast(features, "float32"))
    np.testing.assert_allclose(features, to_numpy(exact(batch_of(SENTENCES))), atol=0.1)


def test_from_preset_tells_the_format(tmp_path):
    backbone, *_ = small_backbone()
    backbone.save_hdf5(tmp_path / "weights.hdf5", tmp_path / "options.json")
    backbone.save_to_preset(tmp_path / "preset")
    expected = backbone.predict_on_batch(batch_of(SENTENCES))
    for path in (tmp_path / "weights.hdf5", tmp_path / "preset"):
        again = ElmoBackbone.from_preset(path, dropout=0.5)
        assert again.config.dropout == 0.5
        np.testing.assert_array_equal(again.predict_on_batch(batch_of(SENTENCES)), expected)
