"""Values of options and configurations, each kind with its check and its bounds."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from keras_elmo.weights.errors import WeightsError

# Beyond any model: a number in a file of strangers must not keep us busy for ever.
MOST_UNITS, MOST_LAYERS, MOST_CHARACTERS = 2**24, 1000, 10_000


class CheckedValues:
    """Looks up values by dotted name and refuses those that cannot be.

    Args:
        values: objects of JSON.
        where: name of the file, for error messages.
        kind: what error messages call a value.
        hint: the advice at the end of error messages.
    """

    def __init__(self, values: Mapping[str, Any], where: str, kind: str, hint: str) -> None:
        self._values, self._where, self._kind, self._hint = values, where, kind, hint

    def size(self, name: str, most: int = MOST_UNITS) -> int:
        """A whole number from 1 on."""
        allowed = f"a whole number from 1 to {most:,}"
        return self.checked(name, lambda n: is_size(n, most), allowed)

    def count(self, name: str, most: int = MOST_LAYERS) -> int:
        """A whole number, 0 where there is none."""
        allowed = f"a whole number up to {most:,}"
        return self.checked(name, lambda n: n in (None, 0) or is_size(n, most), allowed) or 0

    def clip(self, name: str) -> float | None:
        """A bound, None where nothing is clipped."""
        value = self.checked(name, _is_clip, "a number above 0, or null or 0 for no clip")
        return float(value) if value else None

    def flag(self, name: str) -> bool:
        """True or false, false where there is none."""
        return bool(self.checked(name, lambda f: f in (None, False, True), "true or false"))

    def number(self, name: str, low: float = -math.inf, high: float = math.inf) -> float:
        """A finite number."""
        within = "" if math.isinf(low) else f" from {low:g} to {high:g}"
        return self.checked(
            name, lambda n: is_number(n) and low <= n <= high, f"a finite number{within}"
        )

    def one_of(self, name: str, allowed: tuple[str | None, ...]) -> Any:
        """One of the values that are allowed."""
        return self.checked(name, lambda a: a in allowed, f"one of {allowed}")

    def strings(self, name: str) -> list[str] | None:
        """A list of strings, or None."""
        return self.checked(name, lambda s: s is None or are_strings(s), "a list of strings")

    def filters(self, name: str, length: int) -> list[list[int]]:
        """Pairs of a filter's width and the number of such filters."""
        allowed = f"a list of [width, count], no width above max_characters_per_token ({length})"
        pairs = self.checked(name, lambda pairs: _are_filters(pairs, length), allowed)
        return [list(pair) for pair in pairs]

    def checked(self, name: str, is_valid: Callable[[Any], bool], allowed: str) -> Any:
        """A value, unchanged.

        Raises:
            WeightsError: the value is not allowed.
        """
        value = look_up(self._values, name)
        if not is_valid(value):
            raise WeightsError(
                f"{self._where}: {self._kind} {name} must be {allowed}. Received: {value!r:.200}. "
                f"{self._hint}"
            )
        return value


def look_up(values: Mapping[str, Any], name: str) -> Any:
    """The value of a dotted name; None where there is none."""
    value: Any = values
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def is_size(value: Any, most: int = MOST_UNITS) -> bool:
    """Whether this is a whole number from 1 on."""
    return type(value) is int and 0 < value <= most  # True is an int, and 4.0 is not


def is_number(value: Any) -> bool:
    """Whether this is a finite number."""
    return type(value) in (int, float) and abs(value) < 1e300


def are_strings(value: Any) -> bool:
    """Whether this is a list of strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_clip(value: Any) -> bool:
    return value is None or (is_number(value) and value >= 0)


def _are_filters(value: Any, length: int) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= MOST_LAYERS
        and all(
            isinstance(pair, list)
            and len(pair) == 2
            and is_size(pair[0], length)
            and is_size(pair[1])
            for pair in value
        )
    )
