"""Masked scores and poolings: sums that half precision does not hold, against NumPy."""

import keras
import numpy as np
import pytest
from support import to_numpy

from keras_elmo import ScalarMix
from keras_elmo.layers.attention import Attention
from keras_elmo.layers.attention_flow import AttentionFlow, CrossAttention, SelfAttention
from keras_elmo.layers.masking import masked_softmax
from keras_elmo.layers.pooling import POOLINGS, SequencePooling

HALVES = {"mixed_float16": 2e-3, "mixed_bfloat16": 2e-2}
LENGTHS = np.array([40, 3, 0])
MASK = np.arange(40) < LENGTHS[:, None]
X = np.random.default_rng(0).normal(size=(3, 40, 6)).astype("float32")
Y = np.random.default_rng(1).normal(size=(3, 7, 6)).astype("float32")
half = pytest.mark.parametrize("dtype", HALVES)


@pytest.mark.portable
def test_softmax_over_what_is_real():
    scores = keras.ops.cast(np.array([[1.0, 60000.0, 2.0], [1.0, 2.0, 3.0]]), "float16")
    real = np.array([[True, False, True], [False, False, False]])
    found = to_numpy(masked_softmax(scores, real))
    shares = np.exp([1.0, 2.0]) / np.exp([1.0, 2.0]).sum()
    np.testing.assert_allclose(found, [[shares[0], 0, shares[1]], [0, 0, 0]], rtol=1e-5)
    assert found.dtype == np.float32


@pytest.mark.portable
@half
@pytest.mark.parametrize("pooling", POOLINGS)
def test_poolings_in_half_precision(pooling, dtype):
    expected = SequencePooling(pooling)
    outputs = to_numpy(expected(X, mask=MASK))
    layer = SequencePooling(pooling, dtype=dtype)
    layer.build(X.shape)
    layer.set_weights(expected.get_weights())
    found = layer(X, mask=MASK)
    assert keras.backend.standardize_dtype(found.dtype) == layer.compute_dtype
    found = to_numpy(keras.ops.cast(found, "float32"))
    np.testing.assert_allclose(found, outputs, atol=3 * HALVES[dtype])
    assert not found[2].any()


@pytest.mark.portable
def test_a_mean_of_many_steps_does_not_overflow():
    x = np.full((1, 3000, 2), 60.0, "float32")  # their sum is three times what float16 holds
    found = SequencePooling("mean", dtype="mixed_float16")(x, mask=np.ones((1, 3000), bool))
    np.testing.assert_allclose(to_numpy(found), [[60.0, 60.0]])


@pytest.mark.portable
@half
def test_layer_norm_over_many_tokens(dtype):
    x = np.random.default_rng(0).normal(size=(4, 50, 3, 64)).astype("float32")
    expected = to_numpy(ScalarMix(layer_norm=True)(x))
    found = keras.ops.cast(ScalarMix(layer_norm=True, dtype=dtype)(x), "float32")
    np.testing.assert_allclose(to_numpy(found), expected, atol=3 * HALVES[dtype])


@pytest.mark.portable
@half
@pytest.mark.parametrize("kind", [AttentionFlow, CrossAttention, SelfAttention])
def test_attention_in_half_precision(kind, dtype):
    inputs = [X] if kind is SelfAttention else [X, Y]
    expected = kind()
    outputs = to_numpy(expected(*inputs, mask=MASK))
    layer = kind(dtype=dtype)
    layer(*inputs)
    layer.set_weights(expected.get_weights())
    found = layer(*inputs, mask=MASK)
    assert keras.backend.standardize_dtype(found.dtype) == layer.compute_dtype
    found = to_numpy(keras.ops.cast(found, "float32"))
    np.testing.assert_allclose(found, outputs, atol=20 * HALVES[dtype])


@pytest.mark.portable
@half
@pytest.mark.parametrize("attention", ["luong", "bahdanau"])
def test_a_decoder_looks_at_real_steps_alone(attention, dtype):
    layer = Attention(5, attention, dtype=dtype)
    query = keras.ops.cast(X[:, 0, :5], layer.compute_dtype)
    found = to_numpy(layer.weights_of(query, layer(X, mask=MASK)))
    np.testing.assert_allclose(found.sum(axis=1), [1.0, 1.0, 0.0], atol=1e-6)
    assert not found[~MASK].any()
