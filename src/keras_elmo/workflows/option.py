"""An option: what is said about it where it is declared, and what follows from that."""

from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, Self, get_args, get_origin


@dataclass(frozen=True)
class Option:
    """What there is to say about an option besides its name, type and default.

    Attributes:
        panel: heading under which help shows it.
        help: what it is, in whole sentences.
        min, max: limits of a number, both allowed.
        is_file: whether a shell may complete it to a path.
        complete: what a shell may complete it to, where that is known when it is asked for only.
        is_fixed: whether it is the same in all trials of a search.
        needs_training_elmo: whether it matters only where ELMo trains.
    """

    panel: str
    help: str
    min: float | None = None
    max: float | None = None
    is_file: bool = False
    complete: Callable[[], list[str]] | None = None
    is_fixed: bool = False
    needs_training_elmo: bool = False


@dataclass(frozen=True)
class OptionFacts:
    """All that the field of a dataclass says about an option.

    Attributes:
        name: in Python.
        kinds: its type, or types; None is left out.
        is_optional: whether None is allowed.
        default: its default; `dataclasses.MISSING` where it has none.
        about: what else is said.
    """

    name: str
    kinds: tuple[Any, ...]
    is_optional: bool
    default: Any
    about: Option

    @classmethod
    def of(cls, name: str, hint: Any, default: Any) -> Self:
        """Those of a field whose type is `Annotated[..., Option(...)]`."""
        annotation, about = get_args(hint)
        kinds = (annotation,)
        if get_origin(annotation) is not Literal:
            kinds = get_args(annotation) or kinds
        known = tuple(kind for kind in kinds if kind is not NoneType)
        return cls(name, known, NoneType in kinds, default, about)

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that a `Literal` allows; none for any other type."""
        [kind, *_] = self.kinds
        return get_args(kind) if get_origin(kind) is Literal else ()

    @property
    def flags(self) -> list[str]:
        """What says it on the command line; of a switch, what says yes and what says no."""
        name = {"file_format": "format"}.get(self.name, self.name).replace("_", "-")
        return [f"--{name}", f"--no-{name}"] if bool in self.kinds else [f"--{name}"]

    def flag(self, value: Any) -> str:
        """What says this value on the command line, or begins to."""
        return self.flags[value is False]

    def allows(self, value: Any) -> bool:
        """Whether it may have a value; a whole number is a number, too."""
        if value is None:
            return self.is_optional
        if self.choices:
            return value in self.choices
        if isinstance(value, bool) or bool in self.kinds:
            return isinstance(value, bool) and bool in self.kinds
        kinds = (*self.kinds, int) if float in self.kinds else self.kinds
        low, high = self.about.min, self.about.max
        return isinstance(value, kinds) and (
            isinstance(value, str)
            or ((low is None or low <= value) and (high is None or value <= high))
        )

    def allowed(self) -> str:
        """What it may be, in words."""
        if self.choices:
            said = f"one of {', '.join(map(repr, self.choices))}"
        else:
            said = " or ".join(f"of the type {kind.__name__}" for kind in self.kinds)
        limits = ((self.about.min, "at least"), (self.about.max, "at most"))
        said += "".join(f", {words} {limit:g}" for limit, words in limits if limit is not None)
        return f"{said}, or None" if self.is_optional else said

    def check(self, value: Any) -> None:
        """Raise for a value that is not allowed.

        Raises:
            ValueError: it is not.
        """
        if not self.allows(value):
            raise ValueError(
                f"`{self.name}` ({self.flags[0]}) must be {self.allowed()}. Received: {value!r}"
            )
