"""The range test sees where a loss falls and breaks, and leaves the task as it was."""

import keras
import numpy as np
import pytest

from keras_elmo import ElmoTextClassifier
from keras_elmo.workflows.rate_finder import (
    _Recorder,
    find_learning_rate,
    rate_of_fall,
    smooth,
)


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
    found = find_learning_rate(task, *reviews, part=part, batch_size=8, batches=20, repeats=1)
    for one, other in zip(values(task), before, strict=True):
        np.testing.assert_array_equal(one, other)
    assert task.optimizer is optimizer
    assert not task.trainable_elmo
    assert len(found.rates) == len(found.losses) == len(found.smoothed) >= 10
    np.testing.assert_allclose(np.diff(np.log(found.rates)), np.log(1e4) / 20, rtol=1e-3)
    task.fit(*reviews, epochs=1, verbose=0)


def test_what_is_suggested(task, reviews):
    found = find_learning_rate(task, *reviews, batch_size=8, batches=10, repeats=2)
    assert found.smoothed == smooth(found.losses)
    assert found.fallen == rate_of_fall(found.rates, found.losses)
    assert found.suggested == pytest.approx(2.0 * found.fallen)


def test_losses_are_of_the_batch_alone(task, reviews):
    """The first is that of the fresh model, and no mean of an epoch so far hides a later one."""
    texts, labels = reviews
    for layer in task._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    found = find_learning_rate(task, texts, labels, batch_size=len(texts), batches=10, repeats=1)
    loss = task.evaluate(texts, labels, verbose=0)[0]
    assert found.losses[0] == pytest.approx(loss, rel=1e-3)


def test_a_loss_that_explodes_ends_the_test():
    recorder = _Recorder()
    for loss in [1.0] * 12:
        recorder.on_train_batch_end(0, {"loss": loss})
    recorder.on_train_batch_end(0, {"loss": 5.0})  # one batch is no divergence
    with pytest.raises(FloatingPointError):
        recorder.on_train_batch_end(0, {"loss": 9.0})


def test_smoothing_looks_at_nothing_ahead():
    losses = list(np.random.default_rng(0).normal(size=40))
    assert smooth(losses)[:25] == pytest.approx(smooth(losses[:25]))
    assert smooth([2.0] * 5) == pytest.approx([2.0] * 5)


def test_the_rate_of_the_fall():
    """A loss that falls from 1e-3 to 1e-2, is flat and rises again, with noise."""
    rates = np.geomspace(1e-4, 1.0, 121)
    noise = np.random.default_rng(0).normal(0.0, 0.02, 121)
    fall = np.clip(-np.log10(rates / 1e-2), 0, 1)
    losses = fall + np.maximum(0, np.log10(rates / 0.1)) + noise
    there = 10**-2.2  # four fifths of the way
    assert there < rate_of_fall(rates, losses) < 3.0 * there  # an average of ten comes late
    again = np.where(rates > 0.3, 0.5 - np.log10(rates / 0.3), losses)  # chance, after a divergence
    assert rate_of_fall(rates, again) == rate_of_fall(rates, losses)
    assert rate_of_fall(rates, np.linspace(1.0, 2.0, 121)) == rates[0]  # it does not fall at all


@pytest.mark.parametrize("wrong", [{"part": "all"}, {"batches": 5}])
def test_what_is_refused(task, reviews, wrong):
    with pytest.raises(ValueError, match="`part` must be one of 'head', 'elmo'"):
        find_learning_rate(task, *reviews, **wrong)
