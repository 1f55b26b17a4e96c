"""A training in stages: which groups train changes between epochs, all else goes on.

A stage ends behind its epochs, or before when a callback says so (`StageCallback`): those behind it
then begin earlier, and the last one has the epochs that are left. Frozen layers cost nothing: what
they compute is read from stored features. Every stage has an optimizer of its own, because no
backend lets a living one take up new variables; it takes over what the one before knew of each
variable, and where each schedule was.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_elmo.fine_tuning.anchoring import Start, anchor, pull_back, release
from keras_elmo.fine_tuning.groups import groups_of, is_elmo
from keras_elmo.fine_tuning.learning_rates import layer_groups, recipe_optimizer
from keras_elmo.fine_tuning.optimizer import scale_loss_as, use_optimizer
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.fine_tuning.unfreezing import set_trainable, unfreezing_plan
from keras_elmo.fine_tuning.variables import copy_value
from keras_elmo.layers.groups import group_of
from keras_elmo.training.checkpoint import TrainingCheckpoint
from keras_elmo.training.whole_training import WholeTraining


class _Stage(NamedTuple):
    """The first epoch of a stage, the one behind its last, and the groups that train."""

    begin: int
    end: int
    groups: Sequence[str]


class StagedTraining:
    """The stages of one training.

    Args:
        model: the task.
        recipe: how to train it; None is one stage, of what is trainable, with the model's own
            optimizer.
        steps: number of batches of the whole training, over which schedules are laid out.
        steps_per_epoch: number of batches of each epoch; the last one may have fewer.
    """

    def __init__(self, model: Any, recipe: Recipe | None, steps: int, steps_per_epoch: int):
        self._model, self._recipe = model, recipe
        self._steps_per_epoch, self._steps = steps_per_epoch, steps
        epochs = math.ceil(steps / steps_per_epoch)
        plan = [(epochs, groups_of(model.trainable_variables))]
        if recipe:
            plan = unfreezing_plan(recipe.unfreezing, layer_groups(model), epochs)
        self._groups = [groups for _, groups in plan]
        self._trains = {name for groups in self._groups for name in groups}
        self._ends: list[int] = np.cumsum([length for length, _ in plan]).tolist()
        self._state: dict[str, np.ndarray] = {}  # of the optimizers of earlier stages, by path
        self._stage = -1  # the epoch where the last one begins
        self._found: list[tuple[str, np.ndarray]] = []  # of its optimizer, in a checkpoint
        self._is_over: Callable[[], bool] = lambda: False
        self._was_over = False  # when the checkpoint was written

    def fit(
        self, training: WholeTraining, epoch: int = 0, checkpoint: TrainingCheckpoint | None = None
    ) -> keras.callbacks.History:
        """Train, stage after stage.

        Args:
            training: what runs epochs; begins in the first stage and ends with the last.
            epoch: number of the first epoch.
            checkpoint: where the training goes on, if it has a file.

        Returns:
            The history of all epochs.

        Raises:
            ValueError: both a checkpoint and a callback say where the training goes on.
        """
        model, recipe = self._model, self._recipe
        if checkpoint and training.backups:
            raise ValueError(
                "a training goes on from one file: `checkpoint` or a callback. Received: both, "
                "with keras.callbacks.BackupAndRestore. Leave the callback out."
            )
        self._is_over = lambda: training.stage_is_over
        start: Start = []
        if recipe and any(map(is_elmo, self._trains)):
            start = anchor(model, recipe.l2_sp, recipe.mix_l2)
        try:
            self._fit(training, epoch, checkpoint)
        finally:
            release(model)
        if recipe and recipe.keep != 1.0:
            pull_back(start, recipe.keep)
        return training.history

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """What a checkpoint holds: the optimizers of this stage and of earlier ones."""
        own = self._model.optimizer.variables
        arrays = {f"earlier/{path}": value for path, value in self._state.items()}
        arrays |= {f"own/{number}": copy_value(variable) for number, variable in enumerate(own)}
        facts = {"stage": self._stage, "ends": self._ends, "over": self._is_over()}
        return arrays, facts | {"paths": [variable.path for variable in own]}

    def restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        """Become what `state` was taken from."""
        earlier = ((key.partition("/"), value) for key, value in arrays.items())
        self._state = {path: value for (kind, _, path), value in earlier if kind == "earlier"}
        self._stage = facts["stage"]
        self._ends = facts.get("ends", self._ends)  # once, all stages were as long as planned
        self._was_over = facts.get("over", False)
        own = [arrays[f"own/{number}"] for number in range(len(facts["paths"]))]
        self._found = list(zip(facts["paths"], own, strict=True))

    def _fit(
        self, training: WholeTraining, epoch: int, checkpoint: TrainingCheckpoint | None
    ) -> None:
        done, stopped, begun, history = 0, False, False, []
        if checkpoint:  # now that the model is anchored to what it was before
            checkpoint.track("stages", self)
            checkpoint.begin(self._changing())
            (epoch, done), stopped = checkpoint.position, checkpoint.stopped
            history = checkpoint.history
            if self._was_over:
                self._cut(epoch)
        elif (saved := training.backed_up()) is not None:
            # What is loaded has the optimizer of the stage in which it was saved.
            stage = self._stage_at(min(saved, self._ends[-1] - 1))
            self._enter(stage, stage.begin)
            epoch, begun = training.begin(epoch), True
            self._remember()
        while not stopped and epoch < self._ends[-1]:
            stage = self._stage_at(epoch)
            self._enter(stage, stage.begin if checkpoint else epoch)
            if not begun:
                training.begin(epoch, history)
                begun = True
            training.begin_stage(stage.begin, stage.end)
            epoch = training.run(epoch, stage.end, done)
            done, stopped = 0, training.stopped
            self._remember()
            if training.stage_is_over:
                self._cut(epoch)
        if not begun:
            training.begin(epoch, history)
        training.end()

    def _stage_at(self, epoch: int) -> _Stage:
        """The stage to which an epoch belongs."""
        number = next(number for number, end in enumerate(self._ends) if epoch < end)
        return _Stage([0, *self._ends][number], self._ends[number], self._groups[number])

    def _cut(self, epoch: int) -> None:
        """Let the stage that runs end before an epoch, and those behind it begin earlier."""
        last = self._ends[-1]
        end = self._stage_at(self._stage).end
        self._ends = [one - (end - epoch if one >= end else 0) for one in self._ends]
        if end < last:
            self._ends[-1] = last

    def _changing(self) -> list[keras.Variable]:
        """All variables but those of the parts of ELMo that never train."""
        groups = ((variable, group_of(variable)) for variable in self._model.variables)
        return [v for v, group in groups if group in self._trains or not is_elmo(group)]

    def _enter(self, stage: _Stage, epoch: int) -> None:
        """Let the groups of a stage train from an epoch on."""
        model = self._model
        goes_on = stage.begin == self._stage  # else the stage of the checkpoint was over
        if not goes_on:
            self._state |= self._found
        self._stage = stage.begin
        if self._recipe:
            set_trainable(model, stage.groups)
            use_optimizer(model, self._optimizer(self._recipe, stage.groups, epoch))
        else:
            model.renew_optimizer()
        if not model.optimizer.built:  # in a step TensorFlow would trace that twice
            model.optimizer.build(model.trainable_variables)
        if goes_on and self._found:
            for variable, (_, value) in zip(model.optimizer.variables, self._found, strict=True):
                variable.assign(value)
        self._found = []

    def _optimizer(
        self, recipe: Recipe, groups: Sequence[str], epoch: int
    ) -> keras.optimizers.Optimizer:
        """A new one with what is known of its variables."""
        model, done = self._model, epoch * self._steps_per_epoch
        counted = {
            path.split("/")[0]: int(value)
            for path, value in self._state.items()
            if path.endswith("/iteration")
        }
        offsets = {name: done - counted.get(name, 0) for name in groups}
        made = recipe_optimizer(recipe, model, self._steps, offsets)
        optimizer = scale_loss_as(model.optimizer, made)
        optimizer.build(model.trainable_variables)
        for variable in optimizer.variables:
            if variable.path in self._state:
                variable.assign(self._state[variable.path])
        return optimizer

    def _remember(self) -> None:
        self._state |= {v.path: copy_value(v) for v in self._model.optimizer.variables}
