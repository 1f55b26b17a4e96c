"""Temperatures and thresholds against exhaustive search; a calibrated model is calibrated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.metrics.calibration import (
    best_thresholds,
    expected_calibration_error,
    fit_temperature,
    tempered,
)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 5.0))
@settings(max_examples=30, deadline=None)
def test_a_temperature_divides_logits(seed, temperature):
    logits = np.random.default_rng(seed).normal(0, 2, (7, 4))
    found = tempered(softmax(logits), temperature)
    np.testing.assert_allclose(found, softmax(logits / temperature), rtol=1e-6)
    np.testing.assert_array_equal(found.argmax(axis=1), logits.argmax(axis=1))
    sigmoid = 1 / (1 + np.exp(-logits))
    found = tempered(sigmoid, temperature, several=True)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-logits / temperature)), rtol=1e-6)


@pytest.mark.parametrize("true", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("several", [False, True])
def test_the_temperature_of_overconfident_logits_is_found(true, several):
    """Labels are drawn from the logits' probabilities; what is given is too sure by `true`."""
    random = np.random.default_rng(3)
    logits = random.normal(0, 2, (20_000, 4))
    if several:
        targets = (random.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(int)
        given = 1 / (1 + np.exp(-logits * true))
    else:
        targets = (softmax(logits).cumsum(axis=1) > random.random((20_000, 1))).argmax(axis=1)
        given = softmax(logits * true)
    found = fit_temperature(given, targets, several=several)
    np.testing.assert_allclose(found, true, rtol=0.05)
    if not several:
        after = expected_calibration_error(tempered(given, found), targets)
        assert after < 0.015
        assert true == 1.0 or expected_calibration_error(given, targets) > 3 * after


def test_calibration_error_by_hand():
    shares = np.array([[0.9, 0.1], [0.95, 0.05], [0.4, 0.6]])
    # Bins of a tenth: one with two examples of which one is right, one with one that is wrong.
    expected = (abs(1 - (0.9 + 0.95)) + 0.6) / 3
    np.testing.assert_allclose(
        expected_calibration_error(shares, np.array([0, 1, 0]), 10), expected
    )


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_no_threshold_is_better(seed):
    random = np.random.default_rng(seed)
    shares = random.integers(1, 10, (12, 3)) / 10
    targets = random.integers(0, 2, (12, 3))
    targets[:, 2] = 0

    def f1(k, threshold):
        chosen = shares[:, k] >= threshold
        right = (chosen & (targets[:, k] == 1)).sum()
        return 2 * right / max(1, chosen.sum() + targets[:, k].sum())

    found = best_thresholds(shares, targets)
    for k in (0, 1):
        assert f1(k, found[k]) == max(f1(k, t) for t in np.linspace(0, 1, 101))
    assert found[2] == 0.5
