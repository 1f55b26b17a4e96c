"""Rows that cannot be used: the first is an error, or all are left out, counted and kept."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from reprlib import Repr
from typing import Any, NamedTuple, TypeVar

from keras_elmo.files.lines import DataError

Row = TypeVar("Row")
_MOST_ERRORS = 1000  # that are counted behind the first one
_SHOWN = Repr()
_SHOWN.maxstring = _SHOWN.maxother = 200  # as arguments only from Python 3.12 on


class RowError(ValueError):
    """A row that cannot be used.

    Args:
        reason: a few words, by which rows are counted.
        message: all that helps to mend it.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class BadRow(NamedTuple):
    """A row that was left out: where it stands, why, and what it held."""

    file: str
    line: int
    reason: str
    message: str
    content: str


@dataclass
class BadRows:
    """What happens to rows of a file that cannot be used.

    Attributes:
        path: the file.
        skip: leave them out and keep them; else the first one is an error, which also says how many
            more there are.
        skipped: how many rows and lines were passed over, by reason.
        rows: those that were left out.
        most: how many are kept of each reason, when they are skipped; None for all.
        unit: what numbers count in the file: lines, or of a format without lines records.
    """

    path: str | Path
    skip: bool = False
    skipped: Counter[str] = field(default_factory=Counter)
    rows: list[BadRow] = field(default_factory=list)
    most: int | None = None
    unit: str = "line"

    def add(
        self, line: int, error: RowError, content: Any = "", path: str | Path | None = None
    ) -> None:
        """Note a row that cannot be used, in the order of the file.

        Args:
            line: where it begins.
            error: why.
            content: what it holds.
            path: the file that it stands in, of several.

        Raises:
            DataError: there are many, and rows are not to be skipped.
        """
        if self.skip:
            self.skipped[error.reason] += 1
            if self.most is not None and self.skipped[error.reason] > self.most:
                return
        shown = content if isinstance(content, str) else _SHOWN.repr(content)
        self.rows.append(
            BadRow(str(path or self.path), line, error.reason, str(error), shown[:200])
        )
        if not self.skip and len(self.rows) > _MOST_ERRORS:
            self.finish()

    def finish(self) -> None:
        """Refuse the file for its bad rows, unless they are to be skipped.

        Raises:
            DataError: file and line of the first, and the number of the others.
        """
        if self.skip or not self.rows:
            return
        first, more = self.rows[0], len(self.rows) - 1
        message = first.message
        if more:
            count = f"at least {more:,}" if more >= _MOST_ERRORS else f"{more:,}"
            rows = "row" if more == 1 else "rows"
            message += (
                f" {count} more {rows} cannot be used; leave them out with `--skip-bad`, in Python "
                "`skip_bad=True`."
            )
        if self.unit == "line":
            raise DataError.at(first.file, first.line, message)
        raise DataError(f"{self.path}: {self.unit} {first.line}: {message}")

    def good(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Pass rows on up to the first bad one; all of them if bad ones are skipped."""
        if self.skip:
            yield from rows
        for row in rows:
            if not self.rows:
                yield row
        self.finish()
