"""ElmoEmbedding: strings in the graph against the encoder, masks, saving, what trains."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import small_backbone, to_numpy

from keras_elmo import ElmoEmbedding, LayerMix, discriminative_learning_rates, parameter_table
from keras_elmo.text import CharacterEncoder

on_tensorflow = pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="strings inside a model need TensorFlow"
)
SENTENCES = ["profit rose sharply", "a", "two  spaces and a verylongword here"]


def encode(sentences):
    words = [[word for word in sentence.split(" ") if word] for sentence in sentences]
    return CharacterEncoder(8).encode(words)


@pytest.fixture
def backbone():
    return small_backbone()[0]


@pytest.mark.portable
def test_it_is_the_backbone_and_a_mix(backbone):
    ids = encode(SENTENCES)
    features = backbone({"character_ids": ids, "padding_mask": ids[:, :, 0] > 0})
    for mix in ("concat", "mean", "top", 1):
        expected = to_numpy(LayerMix(mix)(features))
        np.testing.assert_allclose(to_numpy(ElmoEmbedding(backbone, mix=mix)(ids)), expected)


@pytest.mark.portable
def test_the_mask_reaches_the_layers_behind(backbone):
    ids = keras.Input((None, 8), dtype="int32")
    x = ElmoEmbedding(backbone, mix="mean")(ids)
    model = keras.Model(ids, keras.layers.Bidirectional(keras.layers.LSTM(3))(x))
    together = to_numpy(model(encode(SENTENCES)))
    alone = np.concatenate([to_numpy(model(encode([sentence]))) for sentence in SENTENCES])
    np.testing.assert_allclose(together, alone, atol=1e-6)


@on_tensorflow
@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(alphabet="ab é✓\t ", max_size=40), min_size=1, max_size=4))
def test_strings_give_the_ids_of_the_encoder(sentences):
    import tensorflow as tf

    from keras_elmo.elmo.string_ids import character_ids, split_on_spaces

    found = character_ids(split_on_spaces(tf.constant(sentences)), 8).numpy()
    expected = encode(sentences)
    if expected.shape[1] == 0:  # the graph needs a step
        expected = np.zeros((len(sentences), 1, 8))
    np.testing.assert_array_equal(found, expected)


@on_tensorflow
def test_a_string_model_is_saved_whole(backbone, tmp_path):
    import tensorflow as tf

    sentences = keras.Input((), dtype="string")
    mixed = ElmoEmbedding(backbone, mix=["scalar", "concat"], trainable=True)(sentences)
    x = keras.layers.LSTM(3)(keras.layers.Concatenate()(mixed))
    model = keras.Model(sentences, keras.layers.Dense(1)(x))
    model.compile(discriminative_learning_rates(model, 1e-3, 1e-5), "mse", run_eagerly=True)
    model.fit(tf.constant(SENTENCES), np.array([[0.0], [1.0], [2.0]]), verbose=0)
    expected = model.predict(tf.constant(SENTENCES), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    found = loaded.predict(tf.constant(SENTENCES), verbose=0)
    np.testing.assert_array_equal(found, expected)
    rates = {row.name: round(row.learning_rate, 8) for row in parameter_table(loaded)}
    assert rates["bilm_2"] == 1e-5
    assert rates["mix"] == 1e-3


@pytest.mark.portable
def test_a_scalar_mix_learns_even_where_elmo_is_frozen(backbone):
    layer = ElmoEmbedding(backbone, mix="scalar")
    layer(encode(SENTENCES))
    assert [v.path.rpartition("/")[2] for v in layer.trainable_variables] == ["scalars", "gamma"]


def test_it_refuses_an_elmo_it_cannot_serve():
    backbone = small_backbone(vocabulary_size=7)[0]
    with pytest.raises(ValueError, match=r"bytes of words.*vocabulary_size=7"):
        ElmoEmbedding(backbone)


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(FileNotFoundError, match=r"'elmo_mini_en'.*Received: 'elmo_maxi'"):
        ElmoEmbedding("elmo_maxi")
