"""What trains may change after compile: the optimizer follows, or says that it cannot."""

import keras
import numpy as np
import pytest
from every_task import rates_of, two_classes

from keras_elmo import discriminative_learning_rates
from keras_elmo.fine_tuning.groups import LEARNING_RATE
from keras_elmo.fine_tuning.optimizer import GroupedOptimizer, own_optimizer
from keras_elmo.layers.groups import group_of

TEXTS, LABELS = ["good film", "bad film"], ["p", "n"]
RATES = {"word_layer": 1e-4 / 2.6**2, "bilm_1": 1e-4 / 2.6, "bilm_2": 1e-4}
RATES |= {"mix": LEARNING_RATE, "head": LEARNING_RATE}


def fit(task):
    """Train for a batch; how far each group moved at most."""
    before = [(v, v.numpy().copy()) for v in task.weights]
    task.fit(TEXTS, LABELS, verbose=0, cache=False)
    moved = {}
    for variable, old in before:
        step, group = float(np.abs(variable.numpy() - old).max()), group_of(variable)
        moved[group] = max(moved.get(group, 0.0), step)
    return {group: step for group, step in moved.items() if step}


@pytest.mark.portable
@pytest.mark.parametrize("fitted", [False, True], ids=["before the first fit", "after it"])
def test_elmo_switched_on_has_its_own_rates(fitted):
    task = two_classes()
    if fitted:
        assert fit(task).keys() == {"mix", "head"}
    head = [own_optimizer(task.optimizer, v) for v in task.trainable_variables]
    task.backbone.trainable = True
    assert rates_of(task) == pytest.approx(RATES)
    moved = fit(task)
    assert moved.keys() == RATES.keys()
    for group in ("word_layer", "bilm_1", "bilm_2"):  # the first step of Adam is the rate
        np.testing.assert_allclose(moved[group], RATES[group], rtol=0.05)
    assert all(own is not None for own in head)


@pytest.mark.portable
def test_what_still_trains_goes_on_as_if_nothing_had_happened():
    """The rates of ELMo are 0, so that only the head can differ."""
    tasks = two_classes({"elmo_learning_rate": 0.0}), two_classes()
    for number, task in enumerate(tasks):
        fit(task)
        fit(task)
        task.optimizer.learning_rate = 2e-3
        if number == 0:
            task.backbone.trainable = True
        fit(task)
        if number == 0:
            task.backbone.trainable = False
        fit(task)
    assert isinstance(tasks[1].optimizer, keras.optimizers.Adam)
    for one, other in zip(tasks[0].get_weights(), tasks[1].get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)


@pytest.mark.portable
def test_a_layer_of_elmo_frozen_after_a_fit_stays_as_it_is():
    task = two_classes()
    task.backbone.trainable = True
    fit(task)
    task.backbone.word_layer.trainable = False
    assert rates_of(task) == pytest.approx({k: v for k, v in RATES.items() if k != "word_layer"})
    assert fit(task).keys() == RATES.keys() - {"word_layer"}


@pytest.mark.portable
def test_a_batch_by_hand_begins_there_too():
    task = two_classes()
    inputs, targets, weights = task.batches(TEXTS, LABELS)[0]
    task.train_on_batch(inputs, targets, sample_weight=weights)
    task.backbone.trainable = True
    before = task.backbone.get_weights()
    task.train_on_batch(inputs, targets, sample_weight=weights)
    steps = [np.abs(a - b).max() for a, b in zip(before, task.backbone.get_weights(), strict=True)]
    np.testing.assert_allclose(max(steps), 1e-4, rtol=0.05)


def test_also_of_a_loaded_task(tmp_path):
    task = two_classes({"learning_rate": 2e-3, "elmo_learning_rate": 3e-5})
    fit(task)
    task.save(tmp_path / "task.keras")
    loaded = keras.saving.load_model(tmp_path / "task.keras")
    assert loaded.optimizer.iterations.numpy() == 1
    loaded.backbone.trainable = True
    assert rates_of(loaded)["bilm_2"] == pytest.approx(3e-5)
    assert rates_of(loaded)["head"] == pytest.approx(2e-3)


def test_a_task_is_saved_with_the_optimizer_it_has(tmp_path):
    task = two_classes()
    task.fit(TEXTS, LABELS, recipe="slight", epochs=2, verbose=0, cache=False)
    task.save(tmp_path / "task.keras")
    loaded = keras.saving.load_model(tmp_path / "task.keras")
    assert type(loaded.optimizer) is GroupedOptimizer
    assert rates_of(loaded) == pytest.approx(rates_of(task))
    pairs = zip(loaded.optimizer.variables, task.optimizer.variables, strict=True)
    assert all((one.numpy() == other.numpy()).all() for one, other in pairs)


@pytest.mark.portable
@pytest.mark.parametrize("grouped", [False, True])
def test_an_optimizer_of_the_users_own_says_that_it_cannot_follow(grouped):
    task = two_classes({"optimizer": keras.optimizers.Adam(1e-4)})
    if grouped:
        task.compile(optimizer=discriminative_learning_rates(task))
        task.run_eagerly = True
    fit(task)
    before = task.get_weights()
    for trainable in (True, False):
        task.backbone.trainable = trainable
        if trainable:
            assert rates_of(task)["bilm_2"] == 0.0
            with pytest.raises(ValueError, match=r"task\.compile\(optimizer="):
                fit(task)
    for one, other in zip(before, task.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    fit(task)  # as it was


def test_one_rate_for_elmo_and_head_is_told_once(caplog):
    task = two_classes({"optimizer": keras.optimizers.Adam(1e-4)})
    task.backbone.trainable = True
    moved = fit(task)
    fit(task)
    np.testing.assert_allclose(moved["bilm_2"], 1e-4, rtol=0.05)
    assert [record.message for record in caplog.records if "own" in record.message] == [
        "ELMo trains at the rate of the head, which is mostly too high for it. Its own: "
        "task.compile(optimizer=keras_elmo.discriminative_learning_rates(task))"
    ]
    task.compile(optimizer=discriminative_learning_rates(task))
    task.run_eagerly = True
    caplog.clear()
    fit(task)
    assert not caplog.records
