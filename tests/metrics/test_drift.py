"""CKA and cosine: against their definitions by kernels, and what leaves them alone."""

import numpy as np
import pytest

from keras_elmo.metrics.drift import linear_cka, mean_cosine

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(30, 5)), RNG.normal(size=(30, 7))


def by_kernels(x, y):
    """HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)) with linear kernels (Gretton et al. 2005)."""
    n = len(x)
    centering = np.eye(n) - 1 / n
    k, el = (centering @ z @ z.T @ centering for z in (x, y))
    return np.trace(k @ el) / np.sqrt(np.trace(k @ k) * np.trace(el @ el))


def test_cka_is_that_of_kernels():
    np.testing.assert_allclose(linear_cka(X, Y), by_kernels(X, Y))


def test_cka_does_not_see_rotation_scale_and_shift():
    rotation, _ = np.linalg.qr(RNG.normal(size=(5, 5)))
    np.testing.assert_allclose(linear_cka(X, 3.0 * X @ rotation + 2.0), 1.0)
    assert linear_cka(X, Y) < 0.5
    assert np.isnan(linear_cka(X, np.ones((30, 2))))


def test_cosine():
    np.testing.assert_allclose(mean_cosine(X, 2.0 * X), 1.0)
    np.testing.assert_allclose(mean_cosine(X, -X), -1.0)
    other = Y[:, :5]
    pairs = [x @ y / np.sqrt(x @ x * (y @ y)) for x, y in zip(X, other, strict=True)]
    np.testing.assert_allclose(mean_cosine(X, other), np.mean(pairs))
    assert mean_cosine(X, np.zeros_like(X)) == 0.0


def test_other_examples():
    with pytest.raises(ValueError, match="30 and 29 examples"):
        linear_cka(X, Y[1:])
