"""`compile` takes the recipe that `fit` takes: one truth for what trains and at which rates."""

import keras
import numpy as np
import pytest
from every_task import CASES, rates_of, two_classes

from keras_elmo import Recipe, discriminative_learning_rates
from keras_elmo.fine_tuning.learning_rates import group_rates
from keras_elmo.fine_tuning.recipes import RECIPES
from keras_elmo.fine_tuning.schedules import SlantedTriangular
from keras_elmo.fine_tuning.unfreezing import Stage

DATA = CASES["classes"].x, CASES["classes"].y
OPTIONS = {"epochs": 2, "batch_size": 2, "verbose": 0}
STAGES = Recipe([Stage(["head"], 1), Stage(["bilm_2", "head"])], rates={"head": 3e-3}, l2_sp=0.1)


def values(task):
    return [v.numpy() for v in [*task.variables, *task.optimizer.variables]]


def assert_same(one, other):
    for found, expected in zip(values(one), values(other), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.portable
@pytest.mark.parametrize(
    "recipe",
    [pytest.param("slight", marks=pytest.mark.slow), STAGES],
    ids=["by name", "of one's own"],
)
def test_fit_with_a_recipe_is_compile_with_it_then_fit(recipe):
    told, compiled = two_classes(), two_classes({"recipe": recipe})
    assert told.fit(*DATA, recipe=recipe, **OPTIONS).epoch == [0, 1]
    compiled.fit(*DATA, **OPTIONS)
    assert_same(told, compiled)
    told.fit(*DATA, **OPTIONS)  # it stays compiled
    compiled.fit(*DATA, recipe=recipe, **OPTIONS)
    assert_same(told, compiled)
    assert told.recipe == compiled.recipe


def test_rates_given_beside_a_recipe_are_those_of_the_recipe():
    task = two_classes({"recipe": "slight", "learning_rate": 2e-3})
    task.fit(*DATA, **OPTIONS)
    expected = {"bilm_2": RECIPES["slight"].elmo_learning_rate, "mix": 2e-3, "head": 2e-3}
    assert {name: rates_of(task)[name] for name in expected} == pytest.approx(expected)


def test_none_trains_what_is_trainable_at_the_rates_of_before():
    task = two_classes({"recipe": "slight", "learning_rate": 2e-3})
    task.fit(*DATA, recipe=None, **OPTIONS)
    assert task.recipe is None
    assert rates_of(task) == pytest.approx({"mix": 2e-3, "head": 2e-3})


def test_there_is_one_set_of_defaults():
    """In `compile`, in a recipe and in the optimizer for any model."""
    task = two_classes(trainable_elmo=True)
    compiled = rates_of(task)
    assert compiled == pytest.approx(group_rates(Recipe(), list(compiled)))
    task.compile(optimizer=discriminative_learning_rates(task))
    assert rates_of(task) == compiled


def test_a_saved_task_knows_its_recipe(tmp_path):
    schedule = SlantedTriangular(1e-3, 9)
    recipe = Recipe(STAGES.unfreezing, schedule, rates={"bilm_2": 1e-4}, clip_norm=None)
    task = two_classes({"recipe": recipe})
    task.fit(*DATA, **OPTIONS)
    task.save(tmp_path / "task.keras")
    loaded = keras.saving.load_model(tmp_path / "task.keras")
    assert loaded.recipe.learning_rate.get_config() == schedule.get_config()
    assert loaded.recipe.unfreezing == recipe.unfreezing
    assert loaded.recipe.rates == recipe.rates
    loaded.run_eagerly = True
    for one in (task, loaded):
        one.fit(*DATA, **OPTIONS)
    assert_same(task, loaded)


@pytest.mark.parametrize("beside", [{"recipe": "slight"}, {"learning_rate": 1e-2}])
def test_an_optimizer_of_ones_own_has_its_own_rates(beside):
    with pytest.raises(ValueError, match=f"{next(iter(beside))} beside optimizer=.*Leave one out"):
        two_classes().compile(optimizer=keras.optimizers.Adam(), **beside)


def test_an_unknown_recipe_is_refused():
    with pytest.raises(ValueError, match=r"`recipe` must be one of 'frozen'.*Received: 'gentle'"):
        two_classes().compile(recipe="gentle")
