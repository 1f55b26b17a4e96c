"""The BiLSTM is Keras's own: its weights, its outputs, its gradients."""

import keras
import numpy as np
import pytest
from keras import ops
from support import check_layer_contract, check_padding, gradients, to_numpy

from keras_elmo.layers.bilstm import BiLSTM

RNG = np.random.default_rng(4)
X = RNG.normal(size=(3, 5, 4)).astype("float32")
LENGTHS = (5, 3, 1)
MASK = np.arange(5) < np.array(LENGTHS)[:, None]
HOLES = np.array([[1, 0, 1, 1, 0], [0, 0, 1, 0, 1], [0, 1, 1, 1, 1]], dtype=bool)
WEIGHTS = RNG.normal(size=(3, 5, 6)).astype("float32")  # of the outputs in the loss


def both_layers():
    keras.utils.set_random_seed(1)
    theirs = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True))
    ours = BiLSTM(3)
    for layer in (theirs, ours):
        layer.build(X.shape)
    ours.set_weights([RNG.normal(size=value.shape) for value in theirs.get_weights()])
    theirs.set_weights(ours.get_weights())
    return ours, theirs


@pytest.mark.portable
@pytest.mark.parametrize("mask", [None, MASK, HOLES], ids=["whole", "masked", "holes"])
@pytest.mark.parametrize("training", [False, True])
def test_outputs_and_gradients_are_those_of_keras(mask, training):
    found = []
    for layer in both_layers():

        def loss(layer=layer):
            weights = WEIGHTS if mask is None else WEIGHTS * mask[:, :, None]
            return ops.sum(ops.multiply(layer(X, mask=mask, training=training), weights))

        y = to_numpy(layer(X, mask=mask, training=training))
        real = y if mask is None else y[mask]
        found.append([real, *gradients(loss, layer.trainable_variables)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.portable
def test_contract_and_padding():
    layer = BiLSTM(3)
    check_layer_contract(layer, X, mask=MASK)
    y, mask = check_padding(layer, X, LENGTHS)
    assert not y[~mask].any()


@pytest.mark.portable
def test_one_step_has_the_gradients_of_keras():
    found = []
    for layer in both_layers():

        def loss(layer=layer):
            return ops.sum(ops.multiply(layer(X[:, :1], training=True), WEIGHTS[:, :1]))

        found.append(gradients(loss, layer.trainable_variables))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.compiled
@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "XLA"])
def test_trains_like_keras_at_any_number_of_rows_and_steps(jit_compile):
    found = []
    for layer in both_layers():
        inputs = keras.Input((None, 4))
        model = keras.Model(inputs, layer(inputs))
        model.compile("sgd", "mse", jit_compile=jit_compile)
        for rows, steps in ((3, 5), (2, 3)):
            model.train_on_batch(X[:rows, :steps], WEIGHTS[:rows, :steps])
        found.append(model.get_weights())
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_initial_values_are_keras_s():
    layer = BiLSTM(3)
    layer.build(X.shape)
    for kernel, recurrent, bias in layer.directions:
        assert np.abs(kernel.numpy()).max() <= np.sqrt(6 / (4 + 12))  # Glorot
        np.testing.assert_allclose(recurrent.numpy() @ recurrent.numpy().T, np.eye(3), atol=1e-5)
        np.testing.assert_array_equal(bias.numpy(), np.repeat([0, 1, 0, 0], 3))
