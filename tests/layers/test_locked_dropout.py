"""Variational dropout: one mask for all steps, on what the BiLSTM reads and on its state."""

import keras
import numpy as np
import pytest
from keras import ops
from support import check_layer_contract, gradients, to_numpy

from keras_elmo.batching.pair_batches import MASK as MASK_NAME
from keras_elmo.layers.bilstm import BiLSTM
from keras_elmo.tasks.encoder import EncoderConfig, TextEncoder

RNG = np.random.default_rng(6)
X = RNG.normal(size=(3, 5, 4)).astype("float32")
WEIGHTS = RNG.normal(size=(3, 5, 8)).astype("float32")  # of the outputs in the loss
LENGTHS = np.array((5, 3, 1))
MASK = np.arange(5) < LENGTHS[:, None]
MASKS = [(2.0 * (RNG.random((3, 4)) < 0.5)).astype("float32") for _ in range(2)]


class Given(keras.layers.Layer):
    """Drops what it is told to, in the order of its calls."""

    def __init__(self, masks):
        super().__init__()
        self.masks, self.calls = masks, 0

    def call(self, inputs, training=None):
        self.calls += 1
        return inputs * ops.convert_to_tensor(self.masks[(self.calls - 1) % len(self.masks)])


def with_masks():
    """Our layer and Keras's with the same weights and the same masks of the state."""
    theirs = keras.layers.Bidirectional(
        keras.layers.LSTM(4, return_sequences=True, recurrent_dropout=0.5)
    )
    ours = BiLSTM(4, recurrent_dropout=0.5)
    ours.drop_state = Given(MASKS)
    for layer in (theirs, ours):
        layer.build(X.shape)
    for own, variable in zip(ours.trainable_variables, theirs.trainable_variables, strict=True):
        own.assign(RNG.normal(size=own.shape))
        variable.assign(own)
    for layer, mask in zip((theirs.forward_layer, theirs.backward_layer), MASKS, strict=True):
        layer.cell.get_recurrent_dropout_mask = lambda step, mask=mask: (
            [ops.convert_to_tensor(mask)] * 4
        )  # of gates
    return ours, theirs


@pytest.mark.portable
@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
def test_outputs_and_gradients_are_those_of_keras(mask):
    found = []
    for layer in with_masks():

        def loss(layer=layer):
            weights = WEIGHTS if mask is None else WEIGHTS * mask[:, :, None]
            return ops.sum(ops.multiply(layer(X, mask=mask, training=True), weights))

        y = to_numpy(layer(X, mask=mask, training=True))
        found.append([y if mask is None else y[mask], *gradients(loss, layer.trainable_variables)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.portable
def test_the_share_is_dropped_in_training_alone():
    layer = BiLSTM(64, recurrent_dropout=0.3)
    layer.build(X.shape)
    plain = BiLSTM(64)
    plain.build(X.shape)
    for own, other in zip(plain.trainable_variables, layer.trainable_variables, strict=True):
        own.assign(other)
    np.testing.assert_array_equal(to_numpy(layer(X)), to_numpy(plain(X)))
    ones = ops.ones((200, 64))
    mask = to_numpy(layer.drop_state(ones, training=True))
    np.testing.assert_allclose(np.unique(mask), [0.0, 1 / 0.7], rtol=1e-6)
    assert np.mean(mask == 0) == pytest.approx(0.3, abs=0.02)
    first, second = (to_numpy(layer(X, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    # The first step of a direction reads no state.
    np.testing.assert_allclose(first[:, 0, :64], to_numpy(plain(X))[:, 0, :64], rtol=1e-5)
    np.testing.assert_allclose(first[:, -1, 64:], to_numpy(plain(X))[:, -1, 64:], rtol=1e-5)


@pytest.mark.portable
def test_contract():
    check_layer_contract(BiLSTM(3, recurrent_dropout=0.2), X, mask=MASK)


@pytest.mark.portable
@pytest.mark.parametrize("locked", [False, True])
def test_a_locked_dropout_leaves_out_the_same_features_of_all_words(locked):
    config = EncoderConfig(
        "top",
        elmo_dropout=0.0,
        recurrent_dropout=0.0,
        lstm_units=[],
        dropout=0.5,
        locked_dropout=locked,
    )
    features = keras.Input((None, 2, 16))
    mask = keras.Input((None,), dtype="bool")
    model = keras.Model([features, mask], TextEncoder(config)({MASK_NAME: mask}, features))
    ones = np.ones((8, 6, 2, 16), "float32"), np.ones((8, 6), bool)
    y = to_numpy(model(ones, training=True))  # (texts, words, features)
    assert (y == y[:, :1]).all() == locked
    assert not (y == y[:1]).all()  # each text has its own
    np.testing.assert_array_equal(to_numpy(model(ones)), 1.0)


@pytest.mark.portable
def test_the_encoder_gives_its_bilstm_the_rate_of_the_state():
    encoder = TextEncoder(EncoderConfig(lstm_units=[3, 2], recurrent_dropout=0.25))
    encoder.contextual(keras.Input((None, 4)), None, keras.Input((None,), dtype="bool"))
    found = [x for x in encoder._layers.values() if isinstance(x, BiLSTM)]
    assert [(x.units, x.recurrent_dropout) for x in found] == [(3, 0.25), (2, 0.25)]
