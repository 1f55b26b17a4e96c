"""The labels of a file, counted while they stream by: classes, numbers, answers, columns."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from keras_elmo.data.checking.class_findings import (
    alike_findings,
    imbalance_findings,
    one_class,
    rare_findings,
)
from keras_elmo.data.checking.findings import SHOWN, Finding, Lines, Place
from keras_elmo.data.datasets import OpenDataset, SequenceDataset
from keras_elmo.data.examples import settle
from keras_elmo.data.kinds import DataKind
from keras_elmo.data.reading import Source
from keras_elmo.data.tag_columns import mixed_column

MOST = 10_000  # classes that are told apart, which is more than anyone labels


class CheckedLabels:
    """Counts what is to be predicted.

    Attributes:
        kind: what the labels are for.
    """

    def __init__(self, kind: DataKind) -> None:
        self.kind = kind

    def add(self, y: Any, tokens: Sequence[str], line: int) -> None:
        """Count those of a row."""
        raise NotImplementedError

    def counts(self) -> dict[str, Any]:
        """Label → how often it stands there."""
        raise NotImplementedError

    def settled(self) -> DataKind:
        """The kind that all labels turned out to be for."""
        return self.kind

    def tell(self, source: Source) -> None:
        """Tell from all labels how they are spelt.

        Raises:
            DataError: not as it is asked for.
        """

    def scheme(self) -> Any:
        """The scheme of tags of spans; None for others."""
        return None

    def spans(self) -> dict[str, Any]:
        """Type → number of spans."""
        return {}

    def classes(self) -> Mapping[Any, Sequence[int]] | None:
        """Class → some lines where it stands; None where labels are no classes."""
        return None

    def findings(self, place: Place, *, is_trained_on: bool) -> list[Finding]:
        """What may be wrong with them."""
        return []


class LabelCounts(CheckedLabels):
    """One label of a row, or several."""

    def __init__(self, kind: DataKind) -> None:
        super().__init__(kind)
        self._counts: Counter[str] = Counter()
        self._lines: dict[str, list[int]] = {}
        self._others = Lines()
        self._several: list[str] | None = None  # what tells that there may be several

    def add(self, y: Any, tokens: Sequence[str], line: int) -> None:
        if isinstance(y, str):
            self._add(y, line)
            return
        if self._several is None and len(y) != 1:
            self._several = y
        for label in y:
            self._add(label, line)

    def _add(self, label: str, line: int) -> None:
        lines = self._lines.get(label)
        if lines is None:
            if len(self._lines) >= MOST:
                self._others.add(line)
                return
            self._lines[label] = lines = []
        self._counts[label] += 1
        if len(lines) < SHOWN:
            lines.append(line)

    def settled(self) -> DataKind:
        return settle(self.kind, ["" if self._several is None else self._several])[0]

    def counts(self) -> dict[str, Any]:
        return dict(self._counts.most_common())

    def classes(self) -> Mapping[Any, Sequence[int]] | None:
        return self._lines

    def findings(self, place: Place, *, is_trained_on: bool) -> list[Finding]:
        found: list[Finding] = []
        if is_trained_on:
            found += one_class(self._counts, self._lines, place)
            found += rare_findings(self._counts, self._lines, place, "rows")
            found += imbalance_findings(self._counts, self._lines, place, "rows")
        message = (
            f"rows with labels beyond {MOST:,} different ones: {{count}}. Is it the right column?"
        )
        return [
            *found,
            *alike_findings(self._lines, place),
            *self._others.finding("many_labels", message, place),
        ]


class Numbers(CheckedLabels):
    """A number a row."""

    def __init__(self, kind: DataKind) -> None:
        super().__init__(kind)
        self._count, self._sum = 0, 0.0
        self._smallest, self._largest = float("inf"), float("-inf")

    def add(self, y: Any, tokens: Sequence[str], line: int) -> None:
        self._count, self._sum = self._count + 1, self._sum + y
        self._smallest, self._largest = min(y, self._smallest), max(y, self._largest)

    def counts(self) -> dict[str, Any]:
        mean = self._sum / self._count
        return {"smallest": self._smallest, "mean": mean, "largest": self._largest}

    def findings(self, place: Place, *, is_trained_on: bool) -> list[Finding]:
        if not is_trained_on or self._smallest < self._largest:
            return []
        message = f"all numbers are {self._smallest:g}: there is nothing to learn."
        return [Finding("one_class", self._count, message, is_refused=True)]


class Answers(CheckedLabels):
    """Answers in a passage, or none; of other labels nothing is counted."""

    def __init__(self, kind: DataKind) -> None:
        super().__init__(kind)
        self._counts: Counter[str] = Counter()

    def add(self, y: Any, tokens: Sequence[str], line: int) -> None:
        if isinstance(y, list):
            self._counts["answered" if y else "no answer"] += 1

    def counts(self) -> dict[str, Any]:
        return dict(self._counts)


class LabelColumns(CheckedLabels):
    """Several columns, each of tags or of a label of the sentence.

    Args:
        kind: what the columns are for.
        columns: what counts each of them.
        source: the file.
    """

    def __init__(
        self, kind: DataKind, columns: Mapping[str, CheckedLabels], source: Source
    ) -> None:
        super().__init__(kind)
        self._columns, self._source = columns, source

    def add(self, y: Any, tokens: Sequence[str], line: int) -> None:
        for name, column in self._columns.items():
            if isinstance(y[name], list) != column.kind.is_tagged:
                raise mixed_column(self._source, line, name)
            column.add(y[name], tokens, line)

    def tell(self, source: Source) -> None:
        for column in self._columns.values():
            column.tell(source)

    def counts(self) -> dict[str, Any]:
        return {name: column.counts() for name, column in self._columns.items()}

    def scheme(self) -> Any:
        found = {name: column.scheme() for name, column in self._columns.items()}
        return {name: scheme for name, scheme in found.items() if scheme} or None

    def spans(self) -> dict[str, Any]:
        found = {name: column.spans() for name, column in self._columns.items()}
        return {name: spans for name, spans in found.items() if spans}

    def classes(self) -> Mapping[Any, Sequence[int]] | None:
        return {
            f"{name}={label}": lines
            for name, column in self._columns.items()
            for label, lines in (column.classes() or {}).items()
        }

    def findings(self, place: Place, *, is_trained_on: bool) -> list[Finding]:
        return [
            Finding(x.code, x.count, f"{name}: {x.message}", x.where, x.is_refused)
            for name, column in self._columns.items()
            for x in column.findings(place, is_trained_on=is_trained_on)
        ]


def is_open(kind: DataKind) -> bool:
    """Whether what is to be predicted is of no fixed set of labels."""
    return issubclass(kind.dataset, OpenDataset | SequenceDataset)
