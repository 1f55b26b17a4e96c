"""A weight format as data: one table of rules, applied when loading and inverted when saving.

A rule pairs a key of the published file with a path of ours and gives the two functions between
their arrays. Rules that share a key split it: each takes the rows that belong to its variable, in
the order of the table. That is all it takes to know a file's keys and shapes, and to read and
write it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import EllipsisType
from typing import Any, Protocol

import numpy as np

from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.shapes import Shape

Transform = Callable[[np.ndarray], np.ndarray]


class Source(Protocol):
    """An array of a published file: in memory, or read from disk when it is sliced."""

    @property
    def shape(self) -> Shape: ...
    def __getitem__(self, rows: slice | EllipsisType, /) -> np.ndarray: ...


def _same(array: np.ndarray) -> np.ndarray:
    return array


@dataclass(frozen=True)
class Rule:
    """One kind of variable: where it stands in the file and in the network.

    Attributes:
        source: the file's key, with the placeholders of `path` in braces, as in `CNN/b_cnn_{i}`.
        path: our variable's path; a placeholder such as `{i}` stands for a whole number.
        load: array of the file (its rows that belong to this variable) → our array.
        save: the exact inverse of `load`. Called on zeros, it also tells the file's shape.
    """

    source: str
    path: str
    load: Transform = _same
    save: Transform = _same

    def key(self, path: str) -> str | None:
        """Return the file's key for the variable `path`, or None if this rule is not for it."""
        found = self._pattern.fullmatch(path)
        return self.source.format(**found.groupdict()) if found else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>\\d+)", self.path))


@dataclass(frozen=True)
class Slot:
    """One variable's place in a file: some rows of the array `key`."""

    path: str
    key: str
    rows: slice
    rule: Rule


@dataclass
class Layout:
    """Where a given network's variables stand in a file of one format.

    Attributes:
        slots: our variables in the order of the file, keys that are split kept together.
        shapes: the file's keys and their shapes.
    """

    slots: list[Slot] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)

    def add(self, path: str, key: str, shape: Shape, rule: Rule) -> None:
        """Give the variable `path` the next free rows of `key`."""
        # A broadcast zero has the right shape and takes no memory.
        rows, *rest = rule.save(np.broadcast_to(np.float32(0), shape)).shape
        start = self.shapes.get(key, (0,))[0]
        self.slots.append(Slot(path, key, slice(start, start + rows), rule))
        self.shapes[key] = (start + rows, *rest)

    def load(self, sources: Mapping[str, Source], where: str) -> "LazyVariables":
        """Return our variables, each read from `sources` when it is asked for.

        Args:
            sources: the arrays by key.
            where: the file's name for error messages.
        """
        return LazyVariables(self.slots, sources, where)

    def save(self, variables: Mapping[str, Any], create: Callable[[str, Shape], Any]) -> None:
        """Write `variables` as float32, one at a time, into arrays made by `create(key, shape)`."""
        targets: dict[str, Any] = {}
        for slot in self.slots:
            if slot.key not in targets:
                targets[slot.key] = create(slot.key, self.shapes[slot.key])
            array = np.asarray(variables[slot.path], dtype=np.float32)
            targets[slot.key][slot.rows] = slot.rule.save(array)


@dataclass(frozen=True)
class Table:
    """The rules of one format, and the keys (regular expressions) it knows to be of no use here."""

    rules: Sequence[Rule]
    ignored: Sequence[str] = ()

    def layout(self, shapes: Mapping[str, Shape]) -> Layout:
        """Lay out the variables `shapes` (path → shape) in a file of this format.

        Raises:
            WeightsError: the format has no place for some variable.
        """
        layout = Layout()
        for rule in self.rules:
            for path, shape in shapes.items():
                if (key := rule.key(path)) is not None:
                    layout.add(path, key, shape, rule)
        if homeless := shapes.keys() - {slot.path for slot in layout.slots}:
            raise WeightsError(
                "Every variable must be covered by a rule of the weight format's table. "
                f"Received: {sorted(homeless)}. This format cannot hold such a model."
            )
        return layout

    def useful(self, keys: Iterable[str]) -> list[str]:
        """Return `keys` without those this format ignores."""
        return [key for key in keys if not any(re.fullmatch(skip, key) for skip in self.ignored)]


class LazyVariables(Mapping[str, np.ndarray]):
    """Variable path → float32 array, read anew at each access: only the caller keeps any.

    An access raises `WeightsError` where the file holds NaN or infinity, which no training leaves.
    """

    def __init__(self, slots: Iterable[Slot], sources: Mapping[str, Source], where: str) -> None:
        self._slots = {slot.path: slot for slot in slots}
        self._sources, self._where = sources, where

    def __getitem__(self, path: str) -> np.ndarray:
        slot = self._slots[path]
        stored = np.asarray(self._sources[slot.key][slot.rows], dtype=np.float32)
        if not np.isfinite(stored).all():
            raise WeightsError(
                f"{self._where}: {slot.key} must hold finite numbers. Received: "
                f"{int((~np.isfinite(stored)).sum()):,} that are NaN or infinite. Take the file of "
                "an earlier checkpoint, or download it anew."
            )
        return slot.rule.load(stored)

    def __iter__(self) -> Iterator[str]:
        return iter(self._slots)

    def __len__(self) -> int:
        return len(self._slots)


def differences(expected: Mapping[str, Shape], received: Mapping[str, Shape]) -> list[str]:
    """Return one line for each key that is missing, misshapen or surplus in `received`."""
    return [
        *(f"missing: {key} {expected[key]}" for key in expected if key not in received),
        *(
            f"misshapen: {key} must be {expected[key]}. Received: {received[key]}"
            for key in expected
            if key in received and tuple(received[key]) != tuple(expected[key])
        ),
        *(f"surplus: {key} {received[key]}" for key in received if key not in expected),
    ]


def listing(lines: Sequence[str], most: int = 8) -> str:
    """Return `lines` indented below one another, at most `most` of them and a count of the rest."""
    rest = [f"… and {len(lines) - most} more"] if len(lines) > most else []
    return "".join(f"\n  {line}" for line in [*lines[:most], *rest])
