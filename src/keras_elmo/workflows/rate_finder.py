"""Which learning rates a task can bear: a range test (Smith 2017) before the training."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_elmo.batching.batches import take_rows
from keras_elmo.fine_tuning.groups import groups_of, is_elmo
from keras_elmo.fine_tuning.learning_rates import layer_groups
from keras_elmo.fine_tuning.optimizer import use_optimizer
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.fine_tuning.schedules import RangeTest
from keras_elmo.fine_tuning.unfreezing import Stage, set_trainable
from keras_elmo.fine_tuning.variables import copy_value, sync_variables
from keras_elmo.tasks.gate import read_examples
from keras_elmo.tasks.task import ElmoTask

PARTS = ("head", "elmo")
# The highest rate that is tried: ELMo breaks long before a head does.
_PEAKS = {"head": 10.0, "elmo": 1.0}
_SMOOTHING = 0.9
# Of the highest rate that does no harm in a hundred batches: it will be many more, and an ELMo has
# something to forget.
_SAFETY = {"head": 0.5, "elmo": 0.1}
_DIVERGED = 4.0  # times the lowest loss so far


@dataclass(frozen=True)
class RateSearch:
    """How the loss went while the rate rose.

    Attributes:
        part: what trained: `"head"` or `"elmo"`.
        rates: of each batch, rising.
        losses: of each batch, without what it differs from others by itself.
        smoothed: their exponential average, forwards and backwards.
        harmless: the highest rate up to which the smoothed loss is at its minimum.
        suggested: half of that for a head, a tenth for ELMo.
    """

    part: str
    rates: list[float]
    losses: list[float]
    smoothed: list[float]
    harmless: float
    suggested: float


def find_learning_rate(
    task: ElmoTask,
    x: Sequence[Any],
    y: Sequence[Any],
    *,
    part: str = "head",
    batches: int = 100,
    batch_size: int = 32,
    seed: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> RateSearch:
    """Train with a rate that rises from batch to batch, and look from where on it does harm.

    The task is left as it was, whatever happened to its weights.

    Args:
        task: for `part="head"` a fresh one; for `"elmo"` one whose head is trained, or there is
            nothing to tell ELMo where to go.
        x, y: sentences and labels, as of `fit`.
        part: `"head"`: all but ELMo trains. `"elmo"`: ELMo alone, each layer with 1/2.6 of the rate
            of the one above; the rate is the top layer's.
        batches: of the test, or somewhat more; fewer if the loss explodes.
        batch_size, seed: as of `fit`.
        callbacks: more of them.

    Raises:
        ValueError: another part, or too few batches to see anything.

    Example:
        >>> find_learning_rate(task, texts, labels).suggested
        0.0021
    """
    if part not in PARTS or batches < 10:
        raise ValueError(
            f"`part` must be one of {', '.join(map(repr, PARTS))} and `batches` at least 10. "
            f"Received: part={part!r}, batches={batches}"
        )
    examples = read_examples(task, x, y)
    rows = np.random.default_rng(seed).permutation(len(examples.x))[: batches * batch_size]
    x, y = take_rows(examples.x, rows), take_rows(examples.y, rows)
    epochs = -(-batches // len(task.batches(x, y, batch_size=batch_size)))
    options: dict[str, Any] = {"batch_size": batch_size, "epochs": epochs, "seed": seed}
    # What batches differ by themselves is taken away: the same batches, with the same dropout, at
    # a rate of zero.
    still, moving = _Recorder(), _Recorder()
    for recorder, peak in ((still, 0.0), (moving, _PEAKS[part])):
        kept = _Kept(task)
        try:
            recipe = _recipe(task, part, peak)
            task.fit(x, y, recipe=recipe, callbacks=[*callbacks, recorder], verbose=0, **options)
        except FloatingPointError:  # one of the ways in which a range test ends
            pass
        finally:
            kept.restore()
    own = np.array(still.losses[: len(moving.losses)])
    losses = (np.array(moving.losses) - own + own.mean()).tolist()
    schedule = RangeTest(_PEAKS[part], moving.steps * epochs)
    rates = [float(keras.ops.convert_to_numpy(schedule(i))) for i in range(len(losses))]
    edge = harmless(rates, losses)
    return RateSearch(part, rates, losses, smooth(losses), edge, _SAFETY[part] * edge)


def _recipe(task: ElmoTask, part: str, peak: float) -> Recipe:
    groups = [name for name in layer_groups(task) if is_elmo(name) == (part == "elmo")]
    return Recipe(
        unfreezing=[Stage(groups)],
        learning_rate=peak,
        elmo_learning_rate=peak,
        schedule="range_test",
    )


def smooth(losses: Sequence[float]) -> list[float]:
    """Their exponential average, forwards and backwards, so that nothing is shifted."""

    def forwards(values: Sequence[float]) -> list[float]:
        average, found = 0.0, []
        for count, value in enumerate(values, start=1):
            average = _SMOOTHING * average + (1.0 - _SMOOTHING) * value
            found.append(average / (1.0 - _SMOOTHING**count))
        return found

    back = forwards(losses[::-1])[::-1]
    return [0.5 * (a + b) for a, b in zip(forwards(losses), back, strict=True)]


def harmless(rates: Sequence[float], losses: Sequence[float]) -> float:
    """The highest rate up to which the smoothed loss is at its minimum, but for noise."""
    smoothed = np.array(smooth(losses))
    # Of one loss about its average, whatever a few that explode are; then of the average.
    noise = 1.48 * np.median(np.abs(losses - smoothed))
    noise *= math.sqrt((1.0 - _SMOOTHING) / (1.0 + _SMOOTHING))
    return rates[int(np.flatnonzero(smoothed <= smoothed.min() + noise)[-1])]


class _Recorder(keras.callbacks.Callback):
    """The loss of each batch; ends when it explodes."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []
        self.steps = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.steps = self.params["steps"]

    def on_train_batch_begin(self, batch, logs=None):
        sync_variables(self.model)
        self.model.reset_metrics()  # which would give the mean of the epoch so far

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float((logs or {})["loss"]))
        if len(self.losses) > 10 and self.losses[-1] > _DIVERGED * min(smooth(self.losses)):
            raise FloatingPointError


class _Kept:
    """What a task was: its variables, what trains, its optimizer."""

    def __init__(self, task: ElmoTask) -> None:
        self.task, self.optimizer = task, task.optimizer
        self.groups = groups_of(task.trainable_variables)
        self.values = list(map(copy_value, task.variables))

    def restore(self) -> None:
        task = self.task
        sync_variables(task)
        for variable, value in zip(task.variables, self.values, strict=True):
            variable.assign(value)
        set_trainable(task, self.groups)
        use_optimizer(task, self.optimizer)
