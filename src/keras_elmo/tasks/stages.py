"""A training in stages: which groups train changes between epochs, all else goes on.

Frozen layers cost nothing: what they compute is read from stored features. Every stage has an
optimizer of its own, because no backend lets a living one take up new variables; it takes over
what the one before knew of each variable, and where each schedule was.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from keras_elmo.fine_tuning.anchoring import anchor, pull_back, release
from keras_elmo.fine_tuning.groups import is_elmo
from keras_elmo.fine_tuning.learning_rates import layer_groups
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.fine_tuning.unfreezing import set_trainable, unfreezing_plan


class StagedTraining:
    """The stages of one training.

    Args:
        model: the task.
        recipe: how to train it.
        epochs: of the whole training.
        steps_per_epoch: batches of each.
    """

    def __init__(self, model: Any, recipe: Recipe, epochs: int, steps_per_epoch: int):
        self._model, self._recipe = model, recipe
        self._steps_per_epoch, self._epochs = steps_per_epoch, epochs
        self._plan = unfreezing_plan(recipe.unfreezing, layer_groups(model), epochs)
        self._state: dict[str, np.ndarray] = {}  # of all optimizers so far, by path

    def fit(
        self, fit_epochs: Callable[[int, int], keras.callbacks.History]
    ) -> keras.callbacks.History:
        """Train, stage after stage.

        Args:
            fit_epochs: trains from an epoch up to another one, as Keras's `fit` does.

        Returns:
            The history of all epochs.
        """
        model, recipe = self._model, self._recipe
        trains = {name for _, groups in self._plan for name in groups}
        start = anchor(model, recipe.l2_sp, recipe.mix_l2) if any(map(is_elmo, trains)) else {}
        whole, begin = keras.callbacks.History(), 0
        whole.epoch = []
        try:
            for epochs, groups in self._plan:
                self._enter(groups, begin)
                part = fit_epochs(begin, begin + epochs)
                whole.epoch += part.epoch
                for name, values in part.history.items():
                    whole.history.setdefault(name, []).extend(values)
                begin += epochs
                self._remember()
                if model.stop_training:
                    break
        finally:
            release(model)
        if recipe.keep != 1.0:
            pull_back(model, start, recipe.keep)
        model.history = whole
        return whole

    def _enter(self, groups: Sequence[str], epoch: int) -> None:
        model, done = self._model, epoch * self._steps_per_epoch
        set_trainable(model, groups)
        counted = {
            path.split("/")[0]: int(value)
            for path, value in self._state.items()
            if path.endswith("/iteration")
        }
        offsets = {name: done - counted.get(name, 0) for name in groups}
        steps = self._epochs * self._steps_per_epoch
        optimizer = self._recipe.optimizer(model, steps, offsets)
        optimizer.build(model.trainable_variables)
        for variable in optimizer.variables:
            if variable.path in self._state:
                variable.assign(self._state[variable.path])
        use_optimizer(model, optimizer)

    def _remember(self) -> None:
        for variable in self._model.optimizer.variables:
            self._state[variable.path] = np.array(keras.ops.convert_to_numpy(variable.value))


def use_optimizer(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> None:
    """Go on with another optimizer; loss and metrics stay what they are."""
    model.optimizer = optimizer
    # Keras's compiled steps know which variables train; the next `fit` makes new ones.
    model.train_function = model.test_function = None
