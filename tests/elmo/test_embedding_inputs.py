"""What ElmoEmbedding takes: sentences, tokens and ids give the same; the rest is refused."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import small_backbone, to_numpy

from keras_elmo import ElmoEmbedding
from keras_elmo.text import CharacterEncoder

on_tensorflow = pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="strings inside a model need TensorFlow"
)
WORDS = [["profit", "rose", "sharply"], ["a"], ["a", "verylongword"]]
SENTENCES = [" ".join(words) for words in WORDS]
PADDED = [[*words, *[""] * (3 - len(words))] for words in WORDS]
IDS = CharacterEncoder(8).encode(WORDS)


@pytest.fixture(scope="module")
def backbone():
    return small_backbone()[0]


def embedding(backbone, **arguments):
    return ElmoEmbedding(backbone, mix="mean", **arguments)


@on_tensorflow
def test_all_that_holds_the_same_words_gives_the_same(backbone):
    import tensorflow as tf

    expected = to_numpy(embedding(backbone)(IDS))
    sentences, tokens = tf.constant(SENTENCES), tf.constant(PADDED)
    alike = [sentences, sentences[:, None], tokens, tf.ragged.constant(WORDS)]
    for array in (SENTENCES, PADDED):
        alike += [array, np.array(array), np.array(array, object), np.char.encode(array)]
    alike += [tuple(SENTENCES), WORDS, np.array(WORDS, object), np.array(SENTENCES, "T")]
    for inputs in alike:
        layer = embedding(backbone)
        np.testing.assert_allclose(to_numpy(layer(inputs)), expected, atol=1e-6)
    pandas = pytest.importorskip("pandas")
    for dtype in (object, "string"):
        series = pandas.Series(SENTENCES, dtype=dtype, index=[2, 0, 1])  # taken by position
        np.testing.assert_allclose(to_numpy(embedding(backbone)(series)), expected, atol=1e-6)


@on_tensorflow
@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.text("ab é✓ ", max_size=9), max_size=3), min_size=1, max_size=4))
def test_tokens_give_the_ids_of_the_encoder(sentences):
    """A token may hold spaces, and be empty: only behind the last other one that is padding."""
    import tensorflow as tf

    from keras_elmo.elmo.string_ids import character_ids

    length = max(1, *map(len, sentences), 1)
    padded = [words + [""] * (length - len(words)) for words in sentences]
    for words in sentences:
        while words and not words[-1]:
            words.pop()
    expected = np.zeros((len(sentences), length, 8))
    encoded = CharacterEncoder(8).encode(sentences)
    expected[:, : encoded.shape[1]] = encoded
    np.testing.assert_array_equal(character_ids(tf.constant(padded), 8), expected)
    ragged = tf.ragged.constant(sentences, ragged_rank=1, dtype=tf.string)
    encoded = encoded if encoded.shape[1] else np.zeros((len(sentences), 1, 8))
    np.testing.assert_array_equal(character_ids(ragged, 8), encoded)


@on_tensorflow
@pytest.mark.parametrize("length", [None, 2, 5])
@pytest.mark.parametrize("shape", [(), (1,), (None,), (3,), (None, 8), (3, 8)])
def test_declared_shapes_are_the_real_ones(backbone, shape, length):
    import tensorflow as tf

    given = {0: SENTENCES, 1: [[text] for text in SENTENCES] if shape == (1,) else PADDED, 2: IDS}
    inputs = keras.Input(shape, dtype="int32" if len(shape) == 2 else "string")
    layer = embedding(backbone, length=length)
    model = keras.Model(inputs, layer(inputs))
    found = to_numpy(model(tf.constant(given[len(shape)])))
    known = shape[0] if shape and shape != (1,) else None
    assert model.output_shape == (None, length or known, found.shape[2])
    words = [row[:length] for row in WORDS]
    ids = np.zeros((3, length or 3, 8), "int32")
    encoded = CharacterEncoder(8).encode(words)
    ids[:, : encoded.shape[1]] = encoded
    np.testing.assert_allclose(found, to_numpy(embedding(backbone)(ids)), atol=1e-6)
    mask = to_numpy(layer.compute_mask(tf.constant(given[len(shape)])))
    np.testing.assert_array_equal(mask, ids[:, :, 0] > 0)


@pytest.mark.portable
def test_ids_of_a_fixed_length(backbone):
    layer = embedding(backbone, length=2)
    np.testing.assert_array_equal(to_numpy(layer.compute_mask(IDS)), IDS[:, :2, 0] > 0)
    longer = np.pad(IDS, ((0, 0), (0, 2), (0, 0)))
    found = to_numpy(embedding(backbone, length=5)(IDS))
    np.testing.assert_allclose(found, to_numpy(embedding(backbone)(longer)), atol=1e-6)
    assert not found[:, 3:].any()
    assert layer.get_config()["length"] == 2
    for wrong in (0, -1, 2.0, "3", True):
        with pytest.raises(ValueError, match=r"`length` must be a number of words.*Received: "):
            embedding(backbone, length=wrong)


@on_tensorflow
def test_a_column_is_what_it_was_declared_as(backbone):
    import tensorflow as tf

    column = tf.constant([["New York"], ["a"]])
    two = to_numpy(embedding(backbone)(tf.constant(["New York", "a"])))
    one = to_numpy(embedding(backbone)(CharacterEncoder(8).encode([["New York"], ["a"]])))
    for shape, expected in (((1,), two), ((None,), one)):
        inputs = keras.Input(shape, dtype="string")
        model = keras.Model(inputs, embedding(backbone)(inputs))
        np.testing.assert_allclose(to_numpy(model(column)), expected, atol=1e-6)
    layer = embedding(backbone)
    layer(column)
    with pytest.raises(ValueError, match=r"string \(batch, words\).*shape=\(2, 2\).*\(None,\)"):
        layer(tf.constant([["New York", "a"], ["b", ""]]))


@pytest.mark.portable
@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 7), (2, 3, 8, 1), (2, 3, 8)])
def test_other_numbers_are_refused(backbone, shape):
    dtype = "int32" if shape != (2, 3, 8) else "float32"  # such as vectors of words
    message = rf"\(batch, words, 8\).*shape=\({shape[0]}.*dtype={dtype}.*ElmoPreprocessor\("
    with pytest.raises(ValueError, match=message):
        embedding(backbone)(np.zeros(shape, dtype))
    message = message.replace("(2", "(None")
    with pytest.raises(ValueError, match=message):
        embedding(backbone)(keras.Input(shape[1:], dtype=dtype))


@pytest.mark.portable
def test_other_strings_are_refused(backbone):
    if keras.config.backend() != "tensorflow":
        message = r"TensorFlow backend only.*ElmoPreprocessor"
        for inputs in (SENTENCES, np.array(SENTENCES), keras.Input((), dtype="string")):
            with pytest.raises(ValueError, match=message):
                embedding(backbone)(inputs)
        return
    message = r"string \(batch,\).*shape=\(.*, 3, 8\), dtype=string.*keras\.Input\(\(\)"
    for inputs in (np.full((2, 3, 8), "a"), keras.Input((3, 8), dtype="string")):
        with pytest.raises(ValueError, match=message):
            embedding(backbone)(inputs)


@on_tensorflow
def test_what_keras_takes_for_fit_and_predict(backbone):
    """Lists, `<U` arrays and Series it refuses: `tf.constant` makes a tensor of each."""
    import tensorflow as tf

    inputs = keras.Input((), dtype="string")
    x = keras.layers.LSTM(2)(embedding(backbone)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    model.compile("sgd", "mse")
    assert not model.jit_compile  # XLA knows no strings
    model.compile("sgd", "mse", run_eagerly=True)
    y = np.array([0.0, 1.0, 0.0])
    expected = to_numpy(model(tf.constant(SENTENCES)))
    forms = [tf.constant(SENTENCES), np.array(SENTENCES, object)]
    forms += [tf.constant(np.array(SENTENCES)), tf.constant(SENTENCES)[:, None]]
    for form in forms:
        np.testing.assert_allclose(model.predict(form, verbose=0), expected, atol=1e-6)
    data = tf.data.Dataset.from_tensor_slices((SENTENCES, y)).batch(2)
    assert np.isfinite(model.fit(data, verbose=0).history["loss"]).all()
    assert np.isfinite(model.fit(forms[0], y, verbose=0).history["loss"]).all()


@on_tensorflow
def test_tags_of_a_fixed_length_from_strings(backbone, tmp_path):
    import tensorflow as tf

    inputs = keras.Input((None,), dtype="string")
    x = embedding(backbone, length=4)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(3, "softmax")(x))
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    y = np.array([[0, 1, 2, 0], [1, 0, 0, 0], [2, 2, 0, 0]])
    for tokens in (tf.constant(PADDED), tf.ragged.constant(WORDS)):
        loss = model.fit(tokens, y, batch_size=2, verbose=0).history["loss"]
        assert np.isfinite(loss).all()
    expected = model.predict(tf.constant(PADDED), batch_size=1, verbose=0)
    assert expected.shape == (3, 4, 3)
    # The padding of a sentence has no part in the loss: its mask goes on.
    chosen = [np.log(expected[k, range(len(row)), y[k, : len(row)]]) for k, row in enumerate(WORDS)]
    loss = model.evaluate(tf.ragged.constant(WORDS), y, verbose=0)
    np.testing.assert_allclose(loss, -np.concatenate(chosen).mean(), rtol=1e-4)
    model.save(tmp_path / "tagger.keras")
    loaded = keras.saving.load_model(tmp_path / "tagger.keras")
    found = loaded.predict(tf.ragged.constant(WORDS), verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-6)
