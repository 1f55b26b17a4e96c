"""Under mixed_float16 the loss is scaled in every stage, and the scale goes on."""

import keras
import numpy as np
import pytest
from every_task import rates_of, two_classes

from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.fine_tuning.unfreezing import Stage

TEXTS, LABELS = ["good film", "bad film"], ["p", "n"]
RECIPE = Recipe([Stage(["head"], 2), Stage(["bilm_2", "mix", "head"])], 1e-3)


@pytest.fixture(autouse=True)
def half():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy(policy)


def build(**compiled):
    return two_classes(compiled, pooling="mean", elmo_dropout=0.5, dropout=0.2)


class Scale(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        own = self.model.optimizer
        self.epochs.append((type(own).__name__, float(own.dynamic_scale.numpy())))


def fit(task, *callbacks, **options):
    options = {"epochs": 4, "batch_size": 2, "cache": False, "verbose": 0} | options
    return task.fit(TEXTS, LABELS, callbacks=list(callbacks), **options)


@pytest.mark.portable
def test_the_scale_goes_on_from_stage_to_stage():
    """Too large a scale gives gradients that are no numbers: it is halved, and no step is made."""
    scaled = keras.optimizers.LossScaleOptimizer
    task, scale = build(optimizer=scaled(keras.optimizers.Adam(), initial_scale=2.0**120)), Scale()
    before = task.get_weights()
    history = fit(task, scale, recipe=RECIPE)
    assert scale.epochs == [("LossScaleOptimizer", 2.0 ** (120 - n)) for n in range(1, 5)]
    assert np.isfinite(history.history["loss"]).all()
    for one, other in zip(before, task.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_recipe_trains_in_half_precision_without_nan():
    task, scale = build(), Scale()
    plateau = keras.callbacks.ReduceLROnPlateau("loss", min_delta=9.0, patience=1, factor=0.5)
    before = task.get_weights()
    history = fit(task, scale, plateau, recipe=RECIPE)
    assert scale.epochs == [("LossScaleOptimizer", 2.0**15)] * 4
    assert np.isfinite(history.history["loss"]).all()
    np.testing.assert_allclose(
        history.history["learning_rate"], [1e-3, 1e-3, 5e-4, 2.5e-4], rtol=1e-6
    )
    assert any((a != b).any() for a, b in zip(before, task.get_weights(), strict=True))
    assert all(np.isfinite(value).all() for value in task.get_weights())
    assert rates_of(task) == pytest.approx({"head": 1.25e-4, "mix": 1.25e-4, "bilm_2": 1.25e-5})


@pytest.mark.portable
def test_elmo_switched_on_goes_on_with_the_scale():
    task = build()
    fit(task, epochs=1)
    task.optimizer.dynamic_scale.assign(8.0)
    task.backbone.trainable = True
    scale = Scale()
    history = fit(task, scale, epochs=1)
    assert scale.epochs == [("LossScaleOptimizer", 8.0)]
    assert np.isfinite(history.history["loss"]).all()


def test_none_where_it_was_switched_off():
    task = build(auto_scale_loss=False)
    fit(task, recipe=RECIPE, epochs=3)
    assert not isinstance(task.optimizer, keras.optimizers.LossScaleOptimizer)
