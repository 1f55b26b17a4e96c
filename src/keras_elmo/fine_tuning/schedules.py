"""How a learning rate changes over the batches of a training.

A schedule is a function of an optimizer's own count of batches, which is saved with it: a resumed
training goes on where it was. An optimizer that begins later is told by `offset` how far the
training is.
"""

import math
from typing import Any, get_args

import keras
from keras import ops

from keras_elmo._values import Schedule

# What a learning rate may be.
Rate = float | keras.optimizers.schedules.LearningRateSchedule

SCHEDULES = (*get_args(Schedule), "range_test")


@keras.saving.register_keras_serializable("keras_elmo")
class SlantedTriangular(keras.optimizers.schedules.LearningRateSchedule):
    r"""A short rise and a long fall (Howard and Ruder 2018, equation 3).

    With $T$ steps of which the first $c = \lfloor T \cdot \mathrm{cut} \rfloor$ rise, $p = t / c$
    up to there and $p = 1 - (t - c) / (T - c)$ behind it, the rate is
    $\eta (1 + p (r - 1)) / r$: it begins and ends at $\eta / r$. (The paper's $p$ behind the cut
    divides by $c (1 / \mathrm{cut} - 1)$, which is $T - c$ but for rounding.)

    Args:
        peak: the highest rate $\eta$.
        steps: number of batches $T$ of the whole training.
        cut_frac: share of them that rises.
        ratio: ratio $r$ of the highest to the lowest rate.
        offset: batches of the training before the first one that is counted.
    """

    def __init__(
        self,
        peak: float,
        steps: int,
        cut_frac: float = 0.1,
        ratio: float = 32.0,
        offset: int = 0,
    ):
        super().__init__()
        if steps < 1 or not 0.0 <= cut_frac < 1.0 or ratio < 1.0:
            raise ValueError(
                "`steps` must be at least 1, `cut_frac` from 0 to below 1, `ratio` at least 1. "
                f"Received: steps={steps}, cut_frac={cut_frac}, ratio={ratio}"
            )
        self.peak = peak
        self.steps = steps
        self.cut_frac = cut_frac
        self.ratio = ratio
        self.offset = offset

    def __call__(self, step):
        step = ops.cast(step, "float32") + self.offset
        cut = int(self.steps * self.cut_frac)
        rising = step / max(cut, 1)
        falling = 1.0 - (step - cut) / max(self.steps - cut, 1)
        share = ops.clip(ops.where(step < cut, rising, falling), 0.0, 1.0)
        return self.peak * (1.0 + share * (self.ratio - 1.0)) / self.ratio

    def get_config(self):
        names = ("peak", "steps", "cut_frac", "ratio", "offset")
        return {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable("keras_elmo")
class WarmupCosine(keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise from zero, then half a cosine down to zero (Loshchilov and Hutter 2017).

    Args:
        peak, steps, offset: as of `SlantedTriangular`.
        warmup: share of the steps that rises.
    """

    def __init__(self, peak: float, steps: int, warmup: float = 0.1, offset: int = 0):
        super().__init__()
        self.peak = peak
        self.steps = steps
        self.warmup = warmup
        self.offset = offset

    def __call__(self, step):
        step = ops.cast(step, "float32") + self.offset
        rise = max(1, int(self.steps * self.warmup))
        way = ops.clip((step - rise) / max(1, self.steps - rise), 0.0, 1.0)
        falling = 0.5 * (1.0 + ops.cos(math.pi * way))
        return self.peak * ops.where(step < rise, step / rise, falling)

    def get_config(self):
        return {name: getattr(self, name) for name in ("peak", "steps", "warmup", "offset")}


@keras.saving.register_keras_serializable("keras_elmo")
class RangeTest(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that rises by the same factor at every step (Smith 2017).

    Args:
        peak, steps, offset: as of `SlantedTriangular`; `peak` is that of the last step.
        ratio: ratio of the highest to the lowest rate.
    """

    def __init__(self, peak: float, steps: int, ratio: float = 1e4, offset: int = 0):
        super().__init__()
        self.peak = peak
        self.steps = steps
        self.ratio = ratio
        self.offset = offset

    def __call__(self, step):
        step = ops.cast(step, "float32") + self.offset
        way = ops.clip(step / max(1, self.steps - 1), 0.0, 1.0)
        return self.peak * ops.exp((way - 1.0) * math.log(self.ratio))

    def get_config(self):
        return {name: getattr(self, name) for name in ("peak", "steps", "ratio", "offset")}


@keras.saving.register_keras_serializable("keras_elmo")
class Scaled(keras.optimizers.schedules.LearningRateSchedule):
    """Another schedule times a number.

    Args:
        schedule: the other one.
        factor: the number.
        offset: as of `SlantedTriangular`.
    """

    def __init__(
        self,
        schedule: keras.optimizers.schedules.LearningRateSchedule,
        factor: float = 1.0,
        offset: int = 0,
    ):
        super().__init__()
        self.schedule = schedule
        self.factor = factor
        self.offset = offset

    def __call__(self, step):
        return self.factor * self.schedule(step + self.offset)

    def get_config(self):
        schedule = keras.saving.serialize_keras_object(self.schedule)
        return {"schedule": schedule, "factor": self.factor, "offset": self.offset}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Scaled":
        schedule = keras.saving.deserialize_keras_object(config["schedule"])
        return cls(**{**config, "schedule": schedule})


def scaled(rate: Rate, factor: float) -> Rate:
    """A rate or a schedule of it, times a number."""
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return rate if factor == 1.0 else Scaled(rate, factor)
    return rate * factor


def check_rate(rate: Any, what: str) -> Rate:
    """A learning rate as an optimizer takes it.

    Args:
        rate: a number, or one of Keras's schedules.
        what: the name of the argument, for the message.

    Raises:
        ValueError: the rate is neither, or below zero.
    """
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return rate
    try:
        number = float(rate)
    except (TypeError, ValueError):
        number = math.nan
    if not 0.0 <= number < math.inf:
        raise ValueError(
            f"{what} must be a number of at least 0 or a schedule, such as "
            f"`keras.optimizers.schedules.CosineDecay(1e-3, 1000)`. Received: {rate!r}"
        )
    return number


def make_schedule(name: str, peak: Rate, steps: int | None, offset: int = 0) -> Rate:
    """A learning rate, or a schedule of it.

    Args:
        name: `"constant"`; `"slanted_triangular"`; `"warmup_cosine"`: linear over the first tenth,
            then a cosine down to zero; `"range_test"`: from a ten thousandth up to `peak`.
        peak: the highest rate; or a schedule of Keras's, whose course takes the place of a name.
        steps: batches of the whole training; what is not constant needs to know them.
        offset: batches of the training before the first one that is counted.

    Raises:
        ValueError: no such schedule, no steps, or a schedule for both.
    """
    if name not in SCHEDULES:
        names = ", ".join(map(repr, SCHEDULES))
        raise ValueError(f"`schedule` must be one of {names}. Received: {name!r}")
    if isinstance(peak, keras.optimizers.schedules.LearningRateSchedule):
        if name != "constant":
            raise ValueError(
                f"a rate that is a schedule has a course of its own. Received: {peak!r} and "
                f"schedule={name!r}. Give a number, or leave `schedule` out."
            )
        return Scaled(peak, offset=offset) if offset else peak
    if name == "constant":
        return peak
    if not steps:
        raise ValueError(
            f"`schedule={name!r}` needs the batches of the whole training. Received: steps={steps}"
        )
    courses = {"slanted_triangular": SlantedTriangular, "range_test": RangeTest}
    return courses.get(name, WarmupCosine)(peak, steps, offset=offset)
