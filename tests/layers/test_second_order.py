"""Gradients of gradients: right wherever a layer brings a gradient of its own."""

import keras
import numpy as np
import pytest
from keras import ops
from support import to_numpy

from keras_elmo.layers.bilstm import BiLSTM
from keras_elmo.layers.crf import CRF
from keras_elmo.layers.projection_lstm import ProjectionLSTM
from keras_elmo.layers.sampled_softmax import SampledSoftmax

RNG = np.random.default_rng(4)
X = RNG.normal(size=(2, 4, 3)).astype("float32")
MASK = np.arange(4) < np.array([4, 2])[:, None]
TAGS = RNG.integers(0, 3, (2, 4)).astype("int32")
STEP = 1e-2  # of the finite differences, in float32


def recurrence(layer):
    def loss(x):
        return ops.sum(ops.square(layer(x, mask=MASK, training=True)))

    return layer, loss


def chain(layer):
    def loss(x):
        return layer.loss(TAGS, layer(x, mask=ops.convert_to_tensor(MASK)))

    return layer, loss


def softmax(layer):
    def loss(x):
        hidden = ops.reshape(x, (-1, 3))
        counts = np.zeros(8, "float32")
        candidates = np.array([0, 3, 4], "int32")
        return ops.sum(layer(hidden, np.arange(8) % 5, counts, candidates, counts[:3]))

    return layer, loss


CASES = {
    "BiLSTM": lambda: recurrence(BiLSTM(2)),
    "ProjectionLSTM": lambda: recurrence(
        ProjectionLSTM(4, 2, cell_clip=2.0, projection_clip=2.0, go_backwards=True)
    ),
    "CRF": lambda: chain(CRF()),
    "SampledSoftmax": lambda: softmax(SampledSoftmax(5)),
}


def derivatives(loss, variables, direction):
    """A function of no arguments: the gradient of each variable, and the gradient of the product of
    that with a direction. Compiled once, as in `fit`."""
    backend = keras.config.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        def both():
            with tf.GradientTape() as outer:
                with tf.GradientTape() as inner:
                    value = loss()
                first = [tf.convert_to_tensor(g) for g in inner.gradient(value, variables)]
                product = sum(tf.reduce_sum(g * d) for g, d in zip(first, direction, strict=True))
            return first, outer.gradient(product, variables)

        return tf.function(both)
    if backend == "jax":
        import jax

        def stateless(values):
            with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                return loss()

        def product(values):
            first = jax.grad(stateless)(values)
            return sum((g * d).sum() for g, d in zip(first, direction, strict=True)), first

        compiled = jax.jit(jax.grad(product, has_aux=True))
        return lambda: compiled([v.value for v in variables])[::-1]
    import torch

    values = [variable.value for variable in variables]

    def both():
        first = torch.autograd.grad(loss(), values, create_graph=True)
        product = sum((g * torch.tensor(d)).sum() for g, d in zip(first, direction, strict=True))
        return [g.detach() for g in first], torch.autograd.grad(product, values)

    return both


OFTEN = ("BiLSTM", "CRF")  # the others are of the same kinds


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            name, marks=pytest.mark.portable if name in OFTEN else pytest.mark.portable_slow
        )
        for name in CASES
    ],
)
def test_second_derivatives_are_those_of_finite_differences(case):
    layer, of_input = CASES[case]()
    x = keras.Variable(X)
    layer.build((2, 4, 3) if case != "SampledSoftmax" else (8, 3))
    variables = [x, *layer.trainable_variables]
    values = [X, *(RNG.normal(scale=0.7, size=v.shape).astype("float32") for v in variables[1:])]
    direction = [RNG.normal(size=v.shape).astype("float32") for v in variables]

    def loss():
        return of_input(x.value)

    def at(distance):
        for variable, value, way in zip(variables, values, direction, strict=True):
            variable.assign(value + distance * way)
        return to_numpy(both())

    both = derivatives(loss, variables, direction)
    (before, _), (_, second), (after, _) = at(-STEP), at(0.0), at(STEP)
    for low, high, found in zip(before, after, second, strict=True):
        expected = (high - low) / (2 * STEP)
        size = np.abs(expected).max()
        assert size > 0.05
        np.testing.assert_allclose(found, expected, atol=0.02 * size)
