"""Ordered classes: a distribution, alike at first, exact against the formula."""

import keras
import numpy as np
import pytest
from support import to_numpy

from keras_elmo.layers.cumulative_link import CumulativeLink


@pytest.mark.portable
@pytest.mark.parametrize("classes", [2, 5])
def test_against_the_formula(classes):
    random = np.random.default_rng(classes)
    layer = CumulativeLink(classes)
    x = random.normal(size=(6, 3)).astype("float32")
    np.testing.assert_allclose(
        to_numpy(layer(0 * x)), np.full((6, classes), 1 / classes), rtol=1e-5
    )
    layer.kernel.assign(random.normal(size=(3, 1)))
    layer.bounds.assign(random.normal(size=classes - 1))
    found = to_numpy(layer(x))
    b = to_numpy(layer.bounds)
    bounds = [b[0] + np.log1p(np.exp(b[1 : k + 1])).sum() for k in range(classes - 1)]
    score = x @ to_numpy(layer.kernel)
    above = 1 / (1 + np.exp(-(score - np.array(bounds))))
    for k in range(classes):
        upper = above[:, k - 1] if k else 1.0
        lower = above[:, k] if k < classes - 1 else 0.0
        np.testing.assert_allclose(found[:, k], upper - lower, atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-5)
    again = CumulativeLink.from_config(layer.get_config())
    assert again.num_classes == classes


def test_a_higher_score_means_a_higher_class():
    layer = CumulativeLink(4)
    layer.build((None, 1))
    layer.kernel.assign([[1.0]])
    means = to_numpy(layer(np.linspace(-6, 6, 25)[:, None])) @ np.arange(4)
    assert (np.diff(means) > 0).all()


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="at least 2"):
        CumulativeLink(1)


@pytest.mark.compiled
def test_it_learns_an_order():
    x = np.random.default_rng(0).uniform(-3, 3, (400, 2)).astype("float32")
    y = np.digitize(x @ [1.0, 0.5], [-2, 0, 1.5])
    keras.utils.set_random_seed(0)
    model = keras.Sequential([CumulativeLink(4)])
    model.compile(
        keras.optimizers.Adam(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    history = model.fit(x, y, epochs=60, verbose=0).history
    assert history["accuracy"][-1] > 0.95
