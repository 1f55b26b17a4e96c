"""Keras's schedules are taken wherever a rate is."""

import keras
import numpy as np
import pytest
from every_task import rates_of, two_classes
from support import to_numpy

from keras_elmo import discriminative_learning_rates
from keras_elmo.fine_tuning.groups import LEARNING_RATE
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.fine_tuning.schedules import Scaled
from keras_elmo.fine_tuning.unfreezing import Stage
from keras_elmo.training.training_facts import training_facts

CosineDecay = keras.optimizers.schedules.CosineDecay
SCHEDULE = CosineDecay(1e-3, 10)
TEXTS, LABELS = ["a b"], ["n"]


def at(step, factor=1.0, schedule=SCHEDULE):
    return factor * float(to_numpy(schedule(step)))


def test_scaled_is_another_schedule_times_a_number():
    scaled = Scaled(SCHEDULE, 0.5, offset=2)
    again = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(scaled))
    for step in (0, 3, 20):
        assert float(to_numpy(scaled(step))) == pytest.approx(at(step + 2, 0.5))
        assert float(to_numpy(again(step))) == float(to_numpy(scaled(step)))


@pytest.mark.portable
def test_compile_takes_them_where_elmo_trains(tmp_path):
    model = two_classes(trainable_elmo=True)
    elmo = CosineDecay(1e-4, 4)
    model.compile(learning_rate=SCHEDULE, elmo_learning_rate=elmo, elmo_rate_decay=0.5)
    model.run_eagerly = True
    for step in range(2):
        expected = {"word_layer": 0.25, "bilm_1": 0.5, "bilm_2": 1.0}
        expected = {name: at(step, factor, elmo) for name, factor in expected.items()}
        expected |= {"mix": at(step), "head": at(step)}
        assert rates_of(model) == pytest.approx(expected, rel=1e-5)
        model.fit(TEXTS, LABELS, verbose=0, cache=False)
    model.save(tmp_path / "task.keras")
    assert rates_of(keras.saving.load_model(tmp_path / "task.keras")) == rates_of(model)


def test_compile_takes_them_where_it_is_frozen():
    model = two_classes()
    model.compile(learning_rate=SCHEDULE)
    model.fit(TEXTS, LABELS, verbose=0, cache=False)
    assert rates_of(model) == pytest.approx({"mix": at(1), "head": at(1)}, rel=1e-5)


def test_a_group_of_its_own():
    model = two_classes(trainable_elmo=True)
    expected = 1e-3, 0.0, LEARNING_RATE
    model.compile(discriminative_learning_rates(model, rates={"mix": SCHEDULE, "bilm_1": 0}))
    found = rates_of(model)
    assert (found["mix"], found["bilm_1"], found["head"]) == pytest.approx(expected)


def test_in_a_recipe_they_count_the_batches_of_the_whole_training():
    seen = []

    class Rates(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append(rates_of(self.model))

    recipe = Recipe(
        unfreezing=[Stage(["head"], 1), Stage(["mix"], 1), Stage(["bilm_2", "head"])],
        learning_rate=SCHEDULE,
        elmo_learning_rate=CosineDecay(1e-4, 10),
    )
    options = {"epochs": 4, "recipe": recipe, "cache": False, "verbose": 0}
    two_classes().fit(TEXTS, LABELS, callbacks=[Rates()], **options)
    names = [["head"], ["mix"], ["bilm_2", "head"], ["bilm_2", "head"]]
    for epoch, (found, expected) in enumerate(zip(seen, names, strict=True)):
        factors = {name: 0.1 if name == "bilm_2" else 1.0 for name in expected}
        # The head rested for an epoch: its schedule did not.
        wanted = {name: at(epoch, factor) for name, factor in factors.items()}
        assert found == pytest.approx(wanted, rel=1e-5)


def test_a_checkpoint_knows_a_schedule_by_its_numbers():
    model = two_classes()
    facts = [
        training_facts(model, (None, None), Recipe(learning_rate=CosineDecay(rate, 9)), {})
        for rate in (1e-3, 1e-3, 2e-3)
    ]
    assert facts[0] == facts[1] != facts[2]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"learning_rate": "fast"}, r"`learning_rate` must be a number .*CosineDecay.*: 'fast'"),
        ({"elmo_learning_rate": -1e-5}, "`elmo_learning_rate` must be a number of at least 0"),
        ({"learning_rate": np.nan}, "`learning_rate` must be a number of at least 0"),
        ({"learning_rate": None}, "Received: None"),
    ],
)
def test_what_compile_refuses(options, told):
    with pytest.raises(ValueError, match=told):
        two_classes().compile(**options)


def test_one_course_for_a_rate():
    model = two_classes(trainable_elmo=True)
    with pytest.raises(ValueError, match=r"a course of its own.*Give a number, or leave"):
        discriminative_learning_rates(model, SCHEDULE, schedule="warmup_cosine", steps=9)
