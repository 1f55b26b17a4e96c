"""The projection LSTM against its equations in NumPy, under padding and with carried state."""

import itertools

import numpy as np
import pytest
from oracle import projection_lstm, reverse
from support import check_layer_contract, check_padding, to_numpy

from keras_elmo.layers.projection_lstm import ProjectionLSTM

RNG = np.random.default_rng(5)
X = (2 * RNG.normal(size=(2, 4, 3))).astype("float32")
LENGTHS = (4, 2)
KINDS = [
    {"projection_dim": 3, "cell_clip": 0.4, "projection_clip": 0.2},
    {"projection_dim": 3},
    {"projection_dim": None, "cell_clip": 0.4, "forget_bias": 0.0},
]


def lstm(kind, **changes):
    layer = ProjectionLSTM(3 if kind["projection_dim"] is None else 5, **kind, **changes)
    layer.build(X.shape)
    for variable in layer.trainable_variables:
        variable.assign(RNG.normal(size=variable.shape))
    return layer


def by_equations(layer, x, lengths, state=None):
    config = {"forget_bias": 1.0, "cell_clip": None, "projection_clip": None, **layer.get_config()}
    config["lstm_projection"] = layer.projection_dim is not None
    variables = {f"lstm/{v.name}": v.numpy() for v in layer.trainable_variables}
    if layer.go_backwards:
        y, state = projection_lstm(config, variables, "lstm", reverse(x, lengths), lengths, state)
        return reverse(y, lengths), state
    return projection_lstm(config, variables, "lstm", x, lengths, state)


@pytest.mark.portable
@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_equations_and_padding(kind, go_backwards):
    layer = lstm(kind, go_backwards=go_backwards)
    y, mask = check_padding(layer, X, LENGTHS)
    assert not y[~mask].any()
    np.testing.assert_allclose(y, by_equations(layer, X, LENGTHS)[0], atol=1e-6, rtol=1e-5)
    if kind.get("projection_clip"):  # the clip was reached, or this shows nothing of it
        assert np.isclose(np.abs(y), kind["projection_clip"]).any()


@pytest.mark.portable
@pytest.mark.parametrize("go_backwards", [False, True])
def test_contract(go_backwards):
    mask = np.arange(4) < np.array(LENGTHS)[:, None]
    check_layer_contract(ProjectionLSTM(5, 3, go_backwards=go_backwards), X, mask=mask)


@pytest.mark.portable
@pytest.mark.parametrize("go_backwards", [False, True])
def test_state_goes_from_batch_to_batch_row_by_row(go_backwards):
    """Each row's state is that of its own last real step, not of the last step of the batch."""
    layer = lstm(KINDS[0], go_backwards=go_backwards, stateful=True)
    mask = np.arange(4) < np.array(LENGTHS)[:, None]
    state = None
    first = to_numpy(layer(X, mask=mask))
    layer.reset_state()
    for x in (X, X[::-1].copy()):
        y, state = by_equations(layer, x, LENGTHS, state)
        np.testing.assert_allclose(to_numpy(layer(x, mask=mask)), y, atol=1e-6, rtol=1e-5)
    layer.reset_state()
    np.testing.assert_array_equal(to_numpy(layer(X, mask=mask)), first)


def test_forget_bias_is_not_stored():
    """Published files hold biases without the 1, and ours must be exchangeable with them."""
    layer = ProjectionLSTM(5, 3)
    layer.build(X.shape)
    assert not layer.bias.numpy().any()


def test_a_state_is_no_weight():
    """Compiled code must update it, but a file of a stateful model fits a stateless one."""
    layer, stateless = lstm(KINDS[0], stateful=True), lstm(KINDS[0])
    assert len(layer.non_trainable_variables) == 2
    assert [w.shape for w in layer.weights] == [w.shape for w in stateless.weights]


@pytest.mark.portable
def test_weight_drop_is_one_mask_a_batch():
    """Four recurrent weights: a call in training is that of one of the 16 masks, for all steps."""
    layer = ProjectionLSTM(1, weight_drop=0.5)
    plain = ProjectionLSTM(1)
    for one in (layer, plain):
        one.build((None, None, 3))
    weights = [RNG.normal(size=v.shape) for v in plain.trainable_variables]
    layer.set_weights([*weights, *layer.get_weights()[len(weights) :]])
    outcomes = []
    for mask in itertools.product((0.0, 2.0), repeat=4):
        plain.set_weights([weights[0], weights[1] * mask, weights[2]])
        outcomes.append(to_numpy(plain(X)))
    seen = set()
    for _ in range(20):
        drawn = to_numpy(layer(X, training=True))
        [place] = [i for i, y in enumerate(outcomes) if np.allclose(y, drawn, atol=1e-6)]
        seen.add(place)
    assert len(seen) > 4
    plain.set_weights(weights)
    np.testing.assert_allclose(to_numpy(layer(X)), to_numpy(plain(X)), atol=1e-6)
