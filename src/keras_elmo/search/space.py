"""The search space: a plain dict from an option of `keras-elmo train` to what may be tried for it.

Example:
    >>> from keras_elmo.search.space import DEFAULT_SPACE, Choice, Float
    >>> SPACE = {**DEFAULT_SPACE, "dropout": Float(0.1, 0.5), "pooling": Choice("max", "mean")}
"""

import math
import runpy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_elmo.workflows.option import OptionFacts
from keras_elmo.workflows.options import training_options

# What says whether ELMo trains comes first, because the rest of these depend on it.
_ELMO_TRAINS = ("fine_tune", "unfreezing")
_OF_SCALAR_MIX = ("mix_layer_norm",)  # last, for it depends on the mix


@dataclass(frozen=True)
class Float:
    """A number between `low` and `high`, both included; with `log` all magnitudes alike."""

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not -math.inf < self.low <= self.high < math.inf or (self.log and self.low <= 0):
            raise ValueError(
                "a Float needs low <= high, and 0 < low where log=True. "
                f"Received: low={self.low!r}, high={self.high!r}, log={self.log}"
            )

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high


@dataclass(frozen=True)
class Int:
    """A whole number between `low` and `high`, both included."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if not (isinstance(self.low, int) and isinstance(self.high, int) and self.low <= self.high):
            raise ValueError(
                "an Int needs whole numbers low <= high. "
                f"Received: low={self.low!r}, high={self.high!r}"
            )

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and self.low <= value <= self.high


@dataclass(frozen=True, init=False)
class Choice:
    """One of some values; None leaves the option out."""

    values: tuple[str | int | float | bool | None, ...]

    def __init__(self, *values: str | int | float | bool | None) -> None:
        if not values or not all(isinstance(v, str | int | float | None) for v in values):
            raise ValueError(
                "a Choice needs values that are strings, numbers or None, such as "
                f'Choice("scalar", "concat"). Received: {values}'
            )
        object.__setattr__(self, "values", values)

    def __contains__(self, value: object) -> bool:
        return value in self.values


Spec = Float | Int | Choice
Space = Mapping[str, Spec]

# What every kind of task has; `kind_spaces` adds what only some have. ELMo is frozen, and its
# features are computed once for all trials: half a minute a trial on a few thousand sentences. An
# ELMo that trains takes ten times as long, so it has to be asked for.
DEFAULT_SPACE: dict[str, Spec] = {
    "learning_rate": Float(2e-4, 1e-2, log=True),
    "dropout": Float(0.0, 0.6),
    "elmo_dropout": Float(0.0, 0.7),
    "lstm_units": Choice(32, 64, 128, 256),
    "num_layers": Int(1, 2),
    "mix": Choice("scalar", "concat", "mean", "top"),
    "batch_size": Choice(16, 32, 64),
}
FINE_TUNING_SPACE: dict[str, Spec] = {
    **DEFAULT_SPACE,
    "fine_tune": Choice("frozen", "slight", "full"),
    "unfreezing": Choice("head_first", "gradual", "chain_thaw", "all"),
    "elmo_learning_rate": Float(1e-6, 1e-3, log=True),
    "l2_sp": Float(1e-4, 1e-1, log=True),
    "bilm_dropout": Float(0.0, 0.3),
    "schedule": Choice("constant", "slanted_triangular", "warmup_cosine"),
}
SPACES = {"frozen": DEFAULT_SPACE, "fine-tuning": FINE_TUNING_SPACE}


def check_space(space: Space, settings: Mapping[str, Any]) -> None:
    """Make sure that a space can be searched.

    Args:
        space: the space.
        settings: what is said in all trials.

    Raises:
        ValueError: it is empty, has a name that is no option, holds something else than specs or
            values that the option does not have, or a parameter of an ELMo that never trains.
    """
    options = training_options()
    allowed = [name for name, facts in options.items() if not facts.about.is_fixed]
    unknown = [name for name in space if name not in allowed]
    if unknown or not space:
        raise ValueError(
            f"a search space has names among {', '.join(allowed)}. "
            f"Received: {', '.join(map(repr, unknown)) or 'an empty one'}"
        )
    for name, spec in space.items():
        if not isinstance(spec, Float | Int | Choice) or not _fits(spec, options[name]):
            raise ValueError(
                f"{name!r} in a search space must be a Float, an Int or a Choice of "
                f"keras_elmo.search.space, with values {options[name].allowed()}. "
                f"Received: {spec!r}"
            )
    idle = [x for x in space if x not in _OF_SCALAR_MIX and not matters(x, settings)]
    if idle and "fine_tune" not in space:
        raise ValueError(
            f"{', '.join(idle)} in a search space need an ELMo that trains. Received: a frozen "
            'one. Add "fine_tune": Choice("slight", "full") to the space.'
        )


def _fits(spec: Spec, option: OptionFacts) -> bool:
    """Whether the option may have all values; a number that is not whole stands for a Float's."""
    values = spec.values if isinstance(spec, Choice) else (spec.low, spec.high)
    between = (float(spec.low),) if isinstance(spec, Float) else ()
    return all(option.allows(value) for value in (*values, *between))


def ordered(space: Space) -> list[str]:
    """The names in the order in which they are drawn: what others depend on comes first."""
    first = [name for name in _ELMO_TRAINS if name in space]
    last = [name for name in _OF_SCALAR_MIX if name in space]
    return [*first, *(name for name in space if name not in [*first, *last]), *last]


def matters(name: str, settings: Mapping[str, Any]) -> bool:
    """Whether a parameter changes anything beside the other settings."""
    if name in _OF_SCALAR_MIX:
        return settings["mix"] == "scalar"
    if not training_options()[name].about.needs_training_elmo:
        return True
    if settings["fine_tune"] == "frozen" and settings["unfreezing"] is None:
        return False
    return name == "unfreezing" or settings["unfreezing"] != "frozen"


def read_space(name: str) -> Space | str:
    """The name of a space, as it is, or the space that a Python file defines as `SPACE`.

    Raises:
        ValueError: there is no such space, or the file has no `SPACE`.
    """
    if name in SPACES:
        return name
    if not name.endswith(".py") or not Path(name).is_file():
        raise ValueError(
            f"a search space is one of {', '.join(SPACES)}, or a Python file (.py) that defines "
            f"SPACE. Received: {name}"
        )
    try:
        found = runpy.run_path(name).get("SPACE")
    except Exception as error:  # whatever goes wrong in the user's file
        raise ValueError(f"{name} cannot be run: {type(error).__name__}: {error}") from error
    if not isinstance(found, Mapping):
        raise ValueError(
            f"{name} must define SPACE, a dict from options to Float, Int or Choice. "
            f"Received: {'nothing of that name' if found is None else repr(found)}"
        )
    return found
