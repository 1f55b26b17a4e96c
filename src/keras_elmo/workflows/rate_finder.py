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

# Of each part the highest rate that is tried, and by what that of the fall is multiplied.
PARTS = {"head": (1.0, 2.0), "elmo": (0.01, 1 / 30)}
_SMOOTHING = 0.9
_FALLEN = 0.8  # of the way from the first losses to the lowest
_RISEN = 0.5  # of that way back up: from there on the loss diverges
_SETTLED = 10  # batches before a loss is judged
_EXPLODED = 2.0  # times the lowest loss so far


@dataclass(frozen=True)
class RateSearch:
    """How the loss went while the rate rose: the rate of each batch, and its loss.

    Losses are means over all tests, `smoothed` their average with those before. `fallen` is the
    rate of four fifths of the fall; `suggested` is twice that for a head, a thirtieth for ELMo.
    """

    part: str
    rates: list[float]
    losses: list[float]
    smoothed: list[float]
    fallen: float
    suggested: float


def find_learning_rate(
    task: ElmoTask,
    x: Sequence[Any],
    y: Sequence[Any],
    *,
    part: str = "head",
    batches: int = 100,
    repeats: int = 3,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    batch_size: int = 32,
    seed: int = SEED,
) -> RateSearch:
    """Train with a rate that rises from batch to batch, and look where the loss stops to fall.

    The task is left as it was, whatever happened to its weights.

    Args:
        task: for `part="head"` a fresh one; for `"elmo"` one whose head is trained.
        x, y, callbacks, batch_size, seed: as of `fit`.
        part: `"head"`: all but ELMo trains. `"elmo"`: ELMo alone, each layer with 1/2.6 of the rate
            of the one above; the rate is the top layer's.
        batches: number of batches of each test, or somewhat more; fewer if the loss explodes.
        repeats: number of tests, each with another order of the batches.

    Raises:
        ValueError: another part, or fewer than 10 batches.
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
    steps = len(task.make_batches(examples, shuffle=True, batch_size=batch_size, seed=seed))
    epochs = -(-batches // steps)
    stages = [Stage([name for name in layer_groups(task) if is_elmo(name) == (part == "elmo")])]
    options: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size, "verbose": 0}
    options["recipe"] = Recipe(stages, peak, peak, schedule="range_test")
    tests = [_losses(task, examples, callbacks, seed=seed + i, **options) for i in range(repeats)]
    losses = np.mean([test[: min(map(len, tests))] for test in tests], axis=0)
    rates = [float(rate) for rate in RangeTest(peak, steps * epochs)(np.arange(len(losses)))]
    fallen = rate_of_fall(rates, losses)
    return RateSearch(part, rates, losses.tolist(), smooth(losses), fallen, share * fallen)


def _losses(task: ElmoTask, examples: Any, callbacks: Sequence[Any], **options: Any) -> list[float]:
    """The loss of each batch of a training, of which nothing is left in the task."""
    recorder, kept = _Recorder(), (task.optimizer, task.recipe, task.rates)
    groups, values = groups_of(task.trainable_variables), list(map(copy_value, task.variables))
    try:
        with suppress(FloatingPointError):  # which ends a test as well
            task.fit(examples.x, examples.y, callbacks=[*callbacks, recorder], **options)
    finally:
        sync_variables(task)
        for variable, value in zip(task.variables, values, strict=True):
            variable.assign(value)
        set_trainable(task, groups)
        optimizer, task.recipe, task.rates = kept
        use_optimizer(task, optimizer)
    return recorder.losses


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
        smoothed = smooth(self.losses)
        if len(smoothed) > _SETTLED and smoothed[-1] > _EXPLODED * min(smoothed):
            raise FloatingPointError


def smooth(losses: Sequence[float] | np.ndarray) -> list[float]:
    """Exponential average of each loss and those before it."""
    lag = np.subtract.outer(np.arange(len(losses)), np.arange(len(losses)))
    weights = np.where(lag >= 0, _SMOOTHING ** np.abs(lag), 0.0)  # (batch, batch before)
    return (weights @ np.asarray(losses) / weights.sum(axis=1)).tolist()


def rate_of_fall(rates: Sequence[float], losses: Sequence[float] | np.ndarray) -> float:
    """The rate of four fifths of the smoothed loss's fall, up to where it diverges."""
    smoothed = np.array(smooth(losses))
    noise = 1.48 * np.median(np.abs(losses - smoothed))  # of a loss, then of their average
    noise *= math.sqrt((1 - _SMOOTHING) / (1 + _SMOOTHING))
    first, begin = smoothed[: max(1, len(smoothed) // 20)].mean(), min(_SETTLED, len(smoothed) // 2)
    low = np.minimum.accumulate(smoothed[begin:])
    risen = smoothed[begin:] - low > np.maximum(_RISEN * (first - low), 3.0 * noise)
    end = begin + (int(risen.argmax()) or len(risen))
    bound = first - _FALLEN * (first - smoothed[:end].min())
    return rates[int(np.argmax(smoothed <= bound))]
