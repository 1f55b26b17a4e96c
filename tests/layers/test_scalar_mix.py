"""The learned mix: its formula by hand, with and without layer norm."""

import numpy as np
import pytest
from support import check_layer_contract, check_padding, to_numpy

from keras_elmo.layers.scalar_mix import ScalarMix

X = np.random.default_rng(1).normal(loc=2.0, size=(2, 4, 3, 5)).astype("float32")
MASK = np.arange(4) < np.array([[4], [2]])


def trained(**arguments):
    layer = ScalarMix(**arguments)
    layer.build(X.shape)
    layer.scalars.assign([0.5, -1.0, 2.0])
    layer.gamma.assign(1.7)
    return layer


def by_hand(x):
    """Three layers (..., 3, features) mixed with the weights of `trained`."""
    weights = np.exp([0.5, -1.0, 2.0])
    weights /= weights.sum()
    return 1.7 * sum(w * x[..., j, :] for j, w in enumerate(weights))


@pytest.mark.portable
@pytest.mark.parametrize("layer_norm", [False, True])
def test_contract(layer_norm):
    check_layer_contract(trained(layer_norm=layer_norm), X, mask=MASK)


def test_starts_as_the_mean():
    np.testing.assert_allclose(to_numpy(ScalarMix()(X)), X.mean(axis=2), atol=1e-6)


@pytest.mark.portable
def test_formula_and_padding():
    together, _ = check_padding(trained(), X, (4, 2))
    np.testing.assert_allclose(together[0], by_hand(X[0]), atol=1e-5)


@pytest.mark.portable
@pytest.mark.parametrize("epsilon", [1e-13, 0.5])
def test_layer_norm_over_the_unmasked_elements_of_the_batch(epsilon):
    noisy = np.where(MASK[:, :, None, None], X, 100.0).astype("float32")
    real = X[MASK].astype("float64")  # (6 tokens, 3, 5)
    mean = real.mean(axis=(0, 2), keepdims=True)
    deviation = np.sqrt(real.var(axis=(0, 2), keepdims=True) + epsilon)
    y = to_numpy(trained(layer_norm=True, epsilon=epsilon)(noisy, mask=MASK))
    np.testing.assert_allclose(y[MASK], by_hand((real - mean) / deviation), atol=1e-5)


def test_layer_norm_of_nothing_but_padding_is_finite():
    y = to_numpy(trained(layer_norm=True)(0 * X, mask=np.zeros_like(MASK)))
    assert np.isfinite(y).all()
