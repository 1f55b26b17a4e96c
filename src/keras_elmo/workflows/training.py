"""Train a task with early stopping; an interruption keeps what was learned."""

import math
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np

from keras_elmo._values import SEED
from keras_elmo.fine_tuning.anchoring import anchor, pull_back
from keras_elmo.fine_tuning.groups import groups_of, is_elmo
from keras_elmo.fine_tuning.learning_rates import layer_groups
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.fine_tuning.unfreezing import unfreezing_plan
from keras_elmo.fine_tuning.variables import copy_value, sync_variables
from keras_elmo.metrics.selection import Selection
from keras_elmo.tasks.sentence_model import AS_COMPILED
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.training.averaged_weights import AveragedWeights
from keras_elmo.training.checkpoint import TrainingCheckpoint
from keras_elmo.training.whole_training import StageCallback
from keras_elmo.workflows.development_measure import DevelopmentMeasure
from keras_elmo.workflows.usual_settings import training_length

# What chose the best epoch in a version that did not note it: the first that a history has.
_EARLIER = ("val_best_f1", "val_score", "val_f1", "val_accuracy", "val_loss")


@dataclass
class TrainingResult:
    """How a training went.

    Attributes:
        history: a row an epoch: epoch, loss, accuracy, val_loss, val_accuracy, seconds.
        best_epoch: the epoch whose weights the task has now; None where no epoch was completed
            with a development set (the weights are the last ones then).
        interrupted: whether Ctrl-C ended it.
        diverged: why a loss that was not finite ended it.
        features: a line that says what ELMo's features cost, where they were cached.
        metric: the column of the history by which the best epoch was chosen; None as above.
        trained: group of layers → the epoch in which a batch first trained it.
        untrained: the groups of ELMo that were to train, and are as they were.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int | None = None
    interrupted: bool = False
    diverged: str | None = None
    features: str | None = None
    metric: str | None = None
    trained: dict[str, int] = field(default_factory=dict)
    untrained: list[str] = field(default_factory=list)

    def untrained_line(self) -> str:
        """Which parts of ELMo were to train and did not, and why; empty where there are none."""
        if not self.untrained:
            return ""
        moved = [name for name in self.trained if is_elmo(name) and name not in self.untrained]
        what = ", ".join(self.untrained) if moved else "ELMo"
        first = [self.trained[name] for name in self.untrained if name in self.trained]
        if first:
            why = (
                f"the best epoch, {self.best_epoch}, came before it began to train in {min(first)}"
            )
        else:
            why = f"the training ended after epoch {len(self.history)}, before its stage began"
        return f"{what} was not trained: {why}"


def train_task(
    task: ElmoTask,
    x: Sequence[Any],
    y: Sequence[Any],
    validation_data: tuple[Sequence[Any], Sequence[Any]] | None = None,
    *,
    epochs: int | None = None,
    batch_size: int = 32,
    patience: int | None = None,
    steps: int | None = None,
    average: int = 1,
    metric: str | None = None,
    class_weight: Mapping[Any, float] | str | None = None,
    seed: int = SEED,
    recipe: Recipe | str | None = AS_COMPILED,
    checkpoint: TrainingCheckpoint | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> TrainingResult:
    """Fit a task and leave it with the weights of its best epoch.

    The best epoch has the best `metric` on `validation_data`, and of equals the lowest loss.
    Ctrl-C ends the training at the next batch and returns as well; a second one is not caught. So
    does a loss that is not finite.

    Args:
        task: a compiled task.
        x, y, validation_data, class_weight, seed, recipe, checkpoint, steps: as of `fit`.
        epochs: number of epochs at most.
        patience: number of epochs without a better one after which a stage ends. The next one
            begins with the best weights so far; the end of the last stage ends the training. What
            is not said of epochs and patience, `training_length` chooses.
        average: number of last epochs whose weights are averaged: their mean is what is measured
            after an epoch and kept, and a next stage goes on from the best mean, see
            [`AveragedWeights`][keras_elmo.training.averaged_weights.AveragedWeights].
        metric: a measure that the task has, see `keras_elmo.data.kinds`. By default accuracy, of
            several labels micro-F1, and with class weights macro-F1; of tags that mark spans F1, of
            a question answerer that with the best threshold for no answer, of several heads the
            mean over them, of a regressor the loss.
        callbacks: more callbacks of Keras's.

    Raises:
        ValueError: a metric that the task does not have, or nothing to measure it on.
    """
    selection = task.selection(metric, class_weight)
    if metric and validation_data is None:
        raise ValueError(
            "`metric` chooses the best epoch by `validation_data`. "
            f"Received: metric={metric!r} without it"
        )
    length = training_length(len(x), batch_size, epochs, patience, steps)
    result = TrainingResult()
    averaged = AveragedWeights(average) if average > 1 else None
    best = _BestEpoch(result, length.patience, selection, averaged)
    measure = DevelopmentMeasure(selection, validation_data, batch_size)
    own = [best, *([averaged] if averaged else [])]
    if checkpoint:
        for name, part in zip(("best", "average"), own, strict=False):
            checkpoint.track(name, part)
    if recipe != AS_COMPILED:
        task.use_recipe(recipe)
    chosen, start = task.recipe, []
    if chosen and chosen.keep != 1.0:  # of the way to the best epoch's weights, not the last one's
        start = anchor(task, 0.0)
        task.use_recipe(replace(chosen, keep=1.0))
    with _interrupt_between_batches() as interrupt:
        try:
            history = task.fit(
                x,
                y,
                validation_data=validation_data,
                epochs=length.epochs,
                steps=steps,
                batch_size=batch_size,
                class_weight=class_weight,
                seed=seed,
                checkpoint=checkpoint,
                callbacks=[measure, *callbacks, *own, interrupt],
                verbose=0,
            )
            result.features = getattr(history, "features", None)
        except FloatingPointError as error:
            result.diverged = str(error)
        except KeyboardInterrupt:
            result.interrupted = True
            sync_variables(task)
            if checkpoint:
                checkpoint.write_interrupted()
    best.keep_best(task)
    if chosen:
        result.untrained = _untrained(task, chosen, length.epochs, result)
        pull_back(start, chosen.keep)
        task.use_recipe(chosen)
    return result


def _untrained(task: ElmoTask, recipe: Recipe, epochs: int, result: TrainingResult) -> list[str]:
    """The groups of ELMo that a recipe trains and that no batch trained up to the kept epoch."""
    plan = unfreezing_plan(recipe.unfreezing, layer_groups(task), epochs)
    kept = result.best_epoch or epochs
    planned = dict.fromkeys(name for _, groups in plan for name in groups if is_elmo(name))
    return [name for name in planned if result.trained.get(name, epochs + 1) > kept]


class _BestEpoch(StageCallback):
    """Keeps history and the best values of all variables that train, now or in a later stage."""

    def __init__(
        self,
        result: TrainingResult,
        patience: int,
        selection: Selection,
        averaged: AveragedWeights | None = None,
    ):
        super().__init__()
        self.result, self.patience, self.selection = result, patience, selection
        self.averaged = averaged
        self.score = (-math.inf, -math.inf)
        self.weights: dict[str, np.ndarray] = {}
        self.start, self.epoch = 0.0, 0
        self.groups: list[str] = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch, self.start = epoch, time.monotonic()
        self.groups = groups_of(self.model.trainable_variables)
        for variable in self.model.trainable_variables:
            if variable.path not in self.weights:  # it was frozen until now
                self.weights[variable.path] = copy_value(variable)

    def on_train_batch_end(self, batch, logs=None):
        for group in self.groups:
            self.result.trained.setdefault(group, self.epoch + 1)

    def on_epoch_end(self, epoch, logs=None):
        row = {"epoch": epoch + 1} | {name: float(value) for name, value in (logs or {}).items()}
        self.result.history.append(row | {"seconds": round(time.monotonic() - self.start, 2)})
        if "val_loss" not in row:
            return
        self.result.metric = self.selection.column
        score = self.selection.score(row)
        if score > self.score:
            self.score, self.result.best_epoch = score, epoch + 1
            for variable in self.model.weights:
                if variable.path in self.weights:
                    self.weights[variable.path] = copy_value(variable)
        elif epoch + 1 - max(self.result.best_epoch or 0, self.stage_begin) >= self.patience:
            self.stage_is_over = True
        if self.stage_is_over or (self.averaged and epoch + 1 == self.stage_end):
            self.keep_best(self.model)
            if self.averaged:
                self.averaged.keep()

    def state(self):
        facts = {name: getattr(self.result, name) for name in ("history", "best_epoch", "trained")}
        return self.weights, facts | {"score": self.score, "metric": self.result.metric}

    def restore(self, arrays, facts):
        chosen_by = facts.get("metric")
        if facts["best_epoch"] and not chosen_by:
            chosen_by = next(name for name in _EARLIER if name in facts["history"][-1])
        if chosen_by not in (None, self.selection.column):
            begun = chosen_by.removeprefix("val_")
            raise ValueError(
                f"{self.selection.column} in place of {chosen_by}, go on with --metric {begun}"
            )
        self.weights, self.score = arrays, tuple(facts["score"])
        self.result.history, self.result.best_epoch = facts["history"], facts["best_epoch"]
        self.result.metric = self.selection.column if facts["best_epoch"] else None
        self.result.trained = facts.get("trained", {})  # which an older version did not know

    def keep_best(self, task: keras.Model) -> None:
        """Give the task the weights of its best epoch."""
        if self.result.best_epoch:
            for variable in task.weights:
                if variable.path in self.weights:
                    variable.assign(self.weights[variable.path])


class _RaiseInterrupt(keras.callbacks.Callback):
    """Raises a pending KeyboardInterrupt between two batches, where the model is whole."""

    pending = False

    def on_train_batch_begin(self, batch, logs=None):
        if self.pending:
            raise KeyboardInterrupt

    on_test_batch_begin = on_train_batch_begin


@contextmanager
def _interrupt_between_batches() -> Iterator[_RaiseInterrupt]:
    callback = _RaiseInterrupt()
    if threading.current_thread() is not threading.main_thread():  # only there may signals be set
        yield callback
        return

    def handle(number: int, frame: Any) -> None:
        if callback.pending:
            raise KeyboardInterrupt
        callback.pending = True

    # Ctrl-C, and what `kill`, systemd and batch systems send.
    previous = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield callback
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler or signal.SIG_DFL)
