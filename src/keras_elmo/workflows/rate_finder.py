"""Which learning rates a task can bear: a range test (Smith 2017) before the training."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_elmo._values import SEED
from keras_elmo.fine_tuning.groups import groups_of, is_elmo
from keras_elmo.fine_tuning.learning_rates import layer_groups
from keras_elmo.fine_tuning.optimizer import use_optimizer
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.fine_tuning.schedules import RangeTest
from keras_elmo.fine_tuning.unfreezing import Stage, set_trainable
from keras_elmo.fine_tuning.variables import copy_value, sync_variables
from keras_elmo.tasks.gate import read_examples
from keras_elmo.tasks.task import ElmoTask

# Of each part the highest rate that is tried, and the share of the highest stable rate that is
# suggested: an ELMo breaks long before a head does, and it has something to forget.
PARTS = {"head": (10.0, 0.5), "elmo": (1.0, 0.1)}
_SMOOTHING = 0.9
_DIVERGED = 4.0  # times the lowest loss so far


@dataclass(frozen=True)
class RateSearch:
    """How the loss went while the rate rose: the rate of each batch, and its loss.

    Losses are without what batches differ by themselves; `smoothed` is their average. Up to
    `max_rate` it was at its minimum; `suggested` is half of that for a head, a tenth for ELMo.
    """

    part: str
    rates: list[float]
    losses: list[float]
    smoothed: list[float]
    max_rate: float
    suggested: float


def find_learning_rate(
    task: ElmoTask,
    x: Sequence[Any],
    y: Sequence[Any],
    *,
    part: str = "head",
    batches: int = 100,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    batch_size: int = 32,
    seed: int = SEED,
) -> RateSearch:
    """Train with a rate that rises from batch to batch, and look from where on it does harm.

    The task is left as it was, whatever happened to its weights.

    Args:
        task: for `part="head"` a fresh one; for `"elmo"` one whose head is trained.
        x, y, callbacks, batch_size, seed: as of `fit`.
        part: `"head"`: all but ELMo trains. `"elmo"`: ELMo alone, each layer with 1/2.6 of the rate
            of the one above; the rate is the top layer's.
        batches: number of batches of the test, or somewhat more; fewer if the loss explodes.

    Raises:
        ValueError: another part, or too few batches to see anything.
    """
    if part not in PARTS or batches < 10:
        raise ValueError(
            f"`part` must be one of {', '.join(map(repr, PARTS))} and `batches` at least 10. "
            f"Received: part={part!r}, batches={batches}"
        )
    peak, share = PARTS[part]
    examples = read_examples(task, x, y)
    rows = np.random.default_rng(seed).permutation(len(examples.x))[: batches * batch_size]
    examples = examples.take(rows)
    order: dict[str, Any] = {"batch_size": batch_size, "seed": seed}
    steps = len(task.make_batches(examples, shuffle=True, **order))
    epochs = -(-batches // steps)
    stages = [Stage([name for name in layer_groups(task) if is_elmo(name) == (part == "elmo")])]
    # What batches differ by themselves is taken away: the same batches, with the same dropout, at
    # a rate of zero.
    own, losses = (
        _losses(task, examples, recipe, callbacks, epochs=epochs, **order)
        for recipe in (Recipe(stages, r, r, schedule="range_test") for r in (0.0, peak))
    )
    own = own[: len(losses)]
    losses = (losses - own + own.mean()).tolist()
    schedule = RangeTest(peak, steps * epochs)
    rates = keras.ops.convert_to_numpy(schedule(np.arange(len(losses)))).tolist()
    highest = max_stable_rate(rates, losses)
    return RateSearch(part, rates, losses, smooth(losses), highest, share * highest)


def _losses(
    task: ElmoTask, examples: Any, recipe: Recipe, callbacks: Sequence[Any], **options: Any
) -> np.ndarray:
    """The loss of each batch of a training, of which nothing is left in the task."""
    recorder, kept = _Recorder(), (task.optimizer, task.recipe, task.rates)
    groups, values = groups_of(task.trainable_variables), list(map(copy_value, task.variables))
    options |= {"recipe": recipe, "callbacks": [*callbacks, recorder], "verbose": 0}
    try:
        with suppress(FloatingPointError):  # which ends a test as well
            task.fit(examples.x, examples.y, **options)
    finally:
        sync_variables(task)
        for variable, value in zip(task.variables, values, strict=True):
            variable.assign(value)
        set_trainable(task, groups)
        optimizer, task.recipe, task.rates = kept
        use_optimizer(task, optimizer)
    return np.array(recorder.losses)


class _Recorder(keras.callbacks.Callback):
    """The loss of each batch; ends the training when it explodes."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []

    def on_train_batch_begin(self, batch, logs=None):
        sync_variables(self.model)
        self.model.reset_metrics()  # which would give the mean of the epoch so far

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float((logs or {})["loss"]))
        if len(self.losses) > 10 and self.losses[-1] > _DIVERGED * min(smooth(self.losses)):
            raise FloatingPointError


def smooth(losses: Sequence[float]) -> list[float]:
    """Exponential average of losses, forwards and backwards, so that nothing is shifted."""
    lag = np.subtract.outer(np.arange(len(losses)), np.arange(len(losses)))
    weights = np.where(lag >= 0, _SMOOTHING ** np.abs(lag), 0.0)  # (batch, batch before)
    forwards, backwards = (w / w.sum(axis=1, keepdims=True) for w in (weights, weights.T))
    return (0.5 * (forwards + backwards) @ np.asarray(losses)).tolist()


def max_stable_rate(rates: Sequence[float], losses: Sequence[float]) -> float:
    """The highest rate up to which the smoothed loss is at its minimum, but for noise."""
    smoothed = np.array(smooth(losses))
    # Noise of one loss about its average, whatever a few that explode are; then of the average.
    noise = 1.48 * np.median(np.abs(losses - smoothed))
    noise *= math.sqrt((1.0 - _SMOOTHING) / (1.0 + _SMOOTHING))
    return rates[int(np.flatnonzero(smoothed <= smoothed.min() + noise)[-1])]
