"""The stack of projection LSTMs: contract, padding, and what each direction may see."""

import numpy as np
import pytest
from support import check_layer_contract, check_padding, to_numpy

from keras_elmo.layers.bilm import BiLM

X = np.random.default_rng(3).normal(size=(2, 4, 3)).astype("float32")
MASK = np.arange(4) < np.array([[4], [2]])


def bilm(**changes):
    return BiLM(**{"projection_dim": 3, "units": 5, "num_layers": 2, **changes})


@pytest.mark.portable
def test_contract():
    layer = bilm(num_layers=1, cell_clip=3.0, projection_clip=3.0)
    assert check_layer_contract(layer, X, mask=MASK).shape == (2, 4, 2, 6)


def test_contract_of_the_other_kind():
    kind = {"units": 3, "lstm_projection": False, "use_skip_connections": False, "dropout": 0.5}
    check_layer_contract(bilm(**kind), X, mask=MASK)


@pytest.mark.portable
@pytest.mark.parametrize("skip", [True, False])
def test_padding(skip):
    y, mask = check_padding(bilm(use_skip_connections=skip), X, (4, 2))
    assert not y[~mask].any()


def test_no_direction_sees_what_it_predicts():
    """A language model that sees the future has a perfect loss and useless features."""
    layer = bilm()
    changed = X.copy()
    changed[:, 2] += 1.0
    difference = np.abs(to_numpy(layer(changed)) - to_numpy(layer(X))).max(axis=(0,))  # (4, 3, 6)
    forward, backward = difference[:, 1:, :3], difference[:, 1:, 3:]
    assert not forward[:2].any()
    assert forward[2:].any(axis=(1, 2)).all()
    assert not backward[3:].any()
    assert backward[:3].any(axis=(1, 2)).all()


def test_impossible_shapes_are_refused():
    with pytest.raises(ValueError, match=r"`num_layers` must be at least 1\. Received: 0"):
        bilm(num_layers=0)
    with pytest.raises(ValueError, match="Received: units=5, projection_dim=3"):
        bilm(lstm_projection=False)


def test_dropout_only_in_training_and_never_on_layer_0():
    layer = bilm(dropout=0.5)
    calm, noisy = to_numpy(layer(X)), to_numpy(layer(X, training=True))
    np.testing.assert_array_equal(calm, to_numpy(layer(X, training=False)))
    np.testing.assert_array_equal(calm[:, :, 0], noisy[:, :, 0])
    assert np.abs(calm[:, :, 1:] - noisy[:, :, 1:]).max() > 1e-3
