"""What a labelled file holds, as tables."""

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from keras_elmo.data.checking.checked_file import CheckedFile

_MOST_ROWS = 30  # of a table; the rest is one


def file_tables(report: CheckedFile) -> Group:
    """What was told of a file and what it holds; then a table of labels, and one of spans."""
    facts = Table(box=SIMPLE, show_header=False)
    for name, value in _facts(report).items():
        facts.add_row(name, value)
    parts: list[RenderableType] = [Text(report.path, style="table.title"), facts]
    parts += [Text(f"  {note}") for note in report.notes]
    parts += _counts("label", report.labels)
    parts += _counts("span", report.spans)
    return Group(*parts)


def _facts(report: CheckedFile) -> dict[str, str]:
    lengths = ", ".join(f"{name} {number:,}" for name, number in report.lengths.items())
    skipped = ", ".join(f"{reason}: {count:,}" for reason, count in report.skipped.items())
    delimiter = repr(report.delimiter) if report.delimiter else None
    scheme = report.scheme
    if isinstance(scheme, Mapping):
        scheme = ", ".join(f"{column}: {name}" for column, name in scheme.items())
    facts = {
        "format": report.format,
        "encoding": report.encoding,
        "delimiter": delimiter,
        "task": report.task,
        "rows": f"{report.rows:,}",
        "skipped": skipped,
        "tokens": f"{report.tokens:,}",
        "tokens of a row": lengths,
        "scheme": scheme,
    }
    return {name: value for name, value in facts.items() if value}


def _counts(name: str, counts: Mapping[str, Any]) -> list[Table]:
    """A table of names with their numbers; of several columns one for each."""
    columns = {key: value for key, value in counts.items() if isinstance(value, Mapping)}
    if columns:
        return [
            table
            for column, inner in columns.items()
            for table in _counts(f"{name} of {column}", inner)
        ]
    if not counts:
        return []
    table = Table(name, box=SIMPLE)
    table.add_column("number", justify="right")
    shown = list(counts.items())
    for label, number in shown[:_MOST_ROWS]:
        table.add_row(Text(label), f"{number:,}" if isinstance(number, int) else f"{number:g}")
    if rest := shown[_MOST_ROWS:]:
        table.add_row(f"{len(rest):,} more", f"{sum(number for _, number in rest):,}")
    return [table]
