"""The range test sees where a loss falls and breaks, and leaves the task as it was."""

import keras
import numpy as np
import pytest

from keras_elmo import ElmoTextClassifier
from keras_elmo.workflows.rate_finder import find_learning_rate, max_stable_rate, smooth


@pytest.fixture
def task(backbone, preprocessor):
    keras.utils.set_random_seed(3)
    labels = ["negative", "positive"]
    return ElmoTextClassifier(backbone, labels=labels, preprocessor=preprocessor, lstm_units=8)


def values(task):
    return [keras.ops.convert_to_numpy(v.value).copy() for v in task.variables]


@pytest.mark.parametrize(
    "part",
    [
        pytest.param("head", marks=pytest.mark.portable),
        pytest.param("elmo", marks=pytest.mark.portable_slow),
    ],
)
def test_the_task_is_left_as_it_was(task, reviews, part):
    before, optimizer = values(task), task.optimizer
    found = find_learning_rate(task, *reviews, part=part, batch_size=8, batches=20)
    for one, other in zip(values(task), before, strict=True):
        np.testing.assert_array_equal(one, other)
    assert task.optimizer is optimizer
    assert not task.trainable_elmo
    assert len(found.rates) == len(found.losses) == len(found.smoothed) >= 10
    np.testing.assert_allclose(np.diff(np.log(found.rates)), np.log(1e6) / 20, rtol=1e-3)
    task.fit(*reviews, epochs=1, verbose=0)


@pytest.mark.compiled
def test_what_is_suggested(task, reviews):
    found = find_learning_rate(task, *reviews, batch_size=8)
    assert 1e-4 < found.max_rate < found.rates[-1]
    assert found.suggested == pytest.approx(0.5 * found.max_rate)
    assert found.losses[-1] > 2 * min(found.smoothed)  # it did explode


def test_losses_of_batches_are_their_own(task, reviews):
    """At a rate of nearly nothing all are the loss of the fresh model."""
    texts, labels = reviews
    for layer in task._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    found = find_learning_rate(task, texts, labels, batch_size=8, batches=20)
    loss = task.evaluate(texts, labels, verbose=0)[0]
    np.testing.assert_allclose(found.losses[:6], loss, rtol=2e-2)


def test_smoothing_shifts_nothing():
    line = list(np.linspace(3.0, 1.0, 51))
    np.testing.assert_allclose(smooth(line)[25], 2.0)
    assert smooth([2.0] * 5) == pytest.approx([2.0] * 5)


def test_the_edge_of_harm():
    """A loss that falls, is flat and rises again, with noise."""
    rates = np.geomspace(1e-5, 1.0, 101)
    noise = np.random.default_rng(0).normal(0.0, 0.02, 101)
    losses = np.clip(-np.log(rates / 1e-3), 0, 1) + np.maximum(0, np.log(rates / 0.03)) + noise
    assert 1e-3 < max_stable_rate(rates, losses) < 0.03
    assert max_stable_rate(rates, np.linspace(2.0, 1.0, 101)) == rates[-1]  # it falls to the end
    assert max_stable_rate(rates, np.linspace(1.0, 2.0, 101)) == rates[0]  # or not at all


@pytest.mark.parametrize("wrong", [{"part": "all"}, {"batches": 5}])
def test_what_is_refused(task, reviews, wrong):
    with pytest.raises(ValueError, match="`part` must be one of 'head', 'elmo'"):
        find_learning_rate(task, *reviews, **wrong)
