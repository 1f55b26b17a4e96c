"""Cross-entropy over all words, by hand, and the same in blocks that do not divide evenly."""

import keras
import numpy as np
import pytest
from keras import ops
from support import gradients, to_numpy

from keras_elmo.layers import cross_entropy as module
from keras_elmo.layers.cross_entropy import cross_entropy, cross_entropy_in_blocks

WORDS, FEATURES = 9, 4
random = np.random.default_rng(6)
KERNEL = random.normal(size=(WORDS, FEATURES)).astype("float32")
BIAS = random.normal(size=WORDS).astype("float32")


def example(predictions):
    hidden = random.normal(scale=3.0, size=(predictions, FEATURES)).astype("float32")
    targets = random.integers(0, WORDS, predictions).astype("int32")
    logits = hidden.astype("float64") @ KERNEL.T + BIAS
    logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return hidden, targets, -np.take_along_axis(logits, targets[:, None], axis=1)[:, 0]


@pytest.mark.portable
@pytest.mark.parametrize("function", [cross_entropy, cross_entropy_in_blocks])
@pytest.mark.parametrize("predictions", [1, 4, 5, 6, 7])
def test_by_hand(function, predictions, monkeypatch):
    monkeypatch.setattr(module, "_MAX_LOGITS", 3 * WORDS + 1)  # blocks of three
    hidden, targets, expected = example(predictions)
    tensors = [ops.convert_to_tensor(value) for value in (hidden, KERNEL, BIAS, targets)]
    losses = to_numpy(function(*tensors))
    np.testing.assert_allclose(losses, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.portable
def test_blocks_have_the_same_gradient(monkeypatch):
    monkeypatch.setattr(module, "_MAX_LOGITS", 2 * WORDS)
    hidden, targets, _ = example(5)
    variables = [keras.Variable(value) for value in (hidden, KERNEL, BIAS)]
    whole, in_blocks = (
        gradients(lambda f=function: ops.sum(f(*variables, targets) ** 2), variables)
        for function in (cross_entropy, cross_entropy_in_blocks)
    )
    for found, expected in zip(in_blocks, whole, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
