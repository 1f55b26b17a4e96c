"""The weights of several opinions against brute force and what they were drawn with."""

import numpy as np
import pytest

from keras_elmo.metrics.combination import combined, fit_combination


def drawn(count, opinions, classes, weights, biases, seed=0):
    """Evidence, and targets that have exactly the probabilities it gives."""
    random = np.random.default_rng(seed)
    evidence = random.normal(0, 1.5, (count, opinions, classes))
    shares = combined(evidence, np.asarray(weights, float), np.asarray(biases, float))
    targets = (shares.cumsum(axis=1) > random.random((count, 1))).argmax(axis=1)
    return evidence, targets


def test_probabilities_by_hand():
    evidence = np.log([[[0.5, 0.5], [0.9, 0.1]]])
    found = combined(evidence, np.array([1.0, 2.0]), np.array([0.0, np.log(3)]))
    np.testing.assert_allclose(found, [[0.81 / 0.84, 0.03 / 0.84]])


def test_the_weights_that_drew_the_labels_are_found():
    true = [0.7, 0.0, 1.3], [0.5, -0.2, -0.3]
    found = fit_combination(*drawn(20_000, 3, 3, *true))
    np.testing.assert_allclose(found[0], true[0], atol=0.05)
    np.testing.assert_allclose(found[1], true[1], atol=0.06)


@pytest.mark.parametrize(("count", "classes"), [(1, 2), (5, 3), (60, 4)])
def test_nothing_near_is_better(count, classes):
    """The objective, written down once more, is lowest there."""
    evidence, targets = drawn(count, 2, classes, [1.0, 3.0], np.zeros(classes))
    weights, biases = fit_combination(evidence, targets)

    def objective(weights, biases):
        chosen = combined(evidence, weights, biases)[np.arange(count), targets]
        prior = (weights[0] - 1) ** 2 + (weights[1:] ** 2).sum() + (biases**2).sum()
        return prior / 2 - np.log(chosen).sum()

    best = objective(weights, biases)
    random = np.random.default_rng(1)
    for size in (1e-3, 0.1, 2.0):
        for _ in range(50):
            away = size * random.normal(size=2 + classes)
            assert objective(weights + away[:2], biases + away[2:]) > best


def test_opinions_that_are_always_right_and_sure_stay_finite():
    evidence = np.where(np.eye(2)[:, None] == 1, 0.0, -27.6).repeat(2, axis=1)
    weights, biases = fit_combination(evidence, np.array([0, 1]))
    assert np.isfinite([*weights, *biases]).all()
    assert (combined(evidence, weights, biases).argmax(axis=1) == [0, 1]).all()


def test_an_opinion_that_is_sure_and_wrong_loses_its_weight():
    evidence = np.where(np.eye(2)[:, None] == 1, 0.0, -27.6)
    weights, _ = fit_combination(evidence[np.arange(400) % 2], (np.arange(400) // 2) % 2)
    assert abs(weights[0]) < 0.05
