"""Pairs of texts, source and target, from a file with a tab between them."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from reprlib import repr as short

from keras_elmo.data.records import Example
from keras_elmo.files.lines import DataError, not_blank, not_empty, numbered_lines


def read_pairs(path: str | Path, *, skipped: Counter[str] | None = None) -> Iterator[Example]:
    """Stream pairs of texts: two columns with a tab between them, no header and no quoting.

    Blank lines are passed over, and counted in `skipped`.

    Returns:
        An example a line: its `text` is the source, its `label` the target.

    Raises:
        DataError: the file and line of a pair with more or fewer than one tab, or with one side
            empty; an empty file.
    """
    lines = not_blank(numbered_lines(path), skipped)
    yield from not_empty((_pair(path, line, text) for line, text in lines), path, "pairs")


def _pair(path: str | Path, line: int, text: str) -> Example:
    columns = text.split("\t")
    if len(columns) != 2:
        message = f"expected two columns with a tab between them. Received: {len(columns)}"
        if len(columns) > 2:
            message += ". Choose two with --text and --label, by number or name."
        raise DataError.at(path, line, f"{message} {short(text)}" if len(columns) < 2 else message)
    source, target = (column.strip() for column in columns)
    if not source or not target:
        side = "source" if target else "target"
        message = f"the {side} is empty. Received: {short(text)}. Fill it in or remove the line."
        raise DataError.at(path, line, message)
    return Example(source, target, line)
