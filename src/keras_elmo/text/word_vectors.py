"""Word vectors from text files, in GloVe's form or word2vec's."""

from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from keras_elmo.files.lines import DataError, numbered_lines

_NUMBER = np.dtype(np.float32)


def read_glove(
    path: str | Path, words: Collection[str] | None = None
) -> tuple[list[str], np.ndarray]:
    """Read word vectors: a word and its numbers a line, separated by spaces.

    word2vec's text form is the same with a first line `count size`. The file is streamed, and only
    the wanted words are kept in memory. Of a word that stands twice, the first vector counts.

    Args:
        path: a UTF-8 file, `*.gz` too.
        words: the words to keep; None keeps all.

    Returns:
        The words found, in the order of the file, and their vectors: float32 `(found, size)`.

    Raises:
        DataError: a line with more or fewer numbers than the first, something that is no finite
            number, fewer lines than the first line promises, an empty file.

    Example:
        >>> words, vectors = read_glove("glove.6B.100d.txt", words={"good", "bad"})
        >>> vectors.shape
        (2, 100)
    """
    wanted = None if words is None else frozenset(words)
    rows, size = _rows(path)
    found: dict[str, None] = {}  # a set that keeps its order
    numbers = bytearray()  # grows in place: no second copy of all vectors at the end
    for line, word, fields in rows:
        if (wanted is None or word in wanted) and word not in found:
            found[word] = None
            numbers += _vector(path, line, fields).tobytes()
    return list(found), np.frombuffer(numbers, _NUMBER).reshape(len(found), size)


def _rows(path: str | Path) -> tuple[Iterator[tuple[int, str, list[str]]], int]:
    """The rows `(line, word, numbers)`, and the size that the first line gives to all vectors."""
    lines = numbered_lines(path)
    line, first = next(lines, (0, ""))
    fields = first.rstrip(" ").split(" ")
    if len(fields) < 2:
        message = "expected a word and its numbers on the first line"
        raise DataError.at(path, max(line, 1), f"{message}. Received: {first[:50]!r}")
    if len(fields) == 2 and all(field.isdecimal() for field in fields):
        count, size = map(int, fields)
        return _counted(path, _split(path, lines, size), count), size
    size = len(fields) - 1
    return _split(path, chain([(line, first)], lines), size), size


def _split(
    path: str | Path, lines: Iterator[tuple[int, str]], size: int
) -> Iterator[tuple[int, str, list[str]]]:
    for line, content in lines:
        # From the right, and at spaces only: some published words hold spaces, or no-break spaces.
        word, *numbers = content.rstrip(" ").rsplit(" ", size)
        if len(numbers) != size:
            message = f"expected a word and {size} numbers. Received: {len(numbers)} after {word!r}"
            raise DataError.at(path, line, message)
        yield line, word, numbers


def _counted(
    path: str | Path, rows: Iterator[tuple[int, str, list[str]]], count: int
) -> Iterator[tuple[int, str, list[str]]]:
    total = 0
    for row in rows:
        total += 1
        yield row
    if total != count:
        message = f"the first line promises {count} words. Received: {total}. Is the file cut off?"
        raise DataError.at(path, 1, message)


def _vector(path: str | Path, line: int, fields: list[str]) -> np.ndarray:
    try:
        vector = np.array(fields, _NUMBER)
    except ValueError as error:
        raise DataError.at(path, line, f"expected numbers after the word. {error}") from error
    if not np.isfinite(vector).all():
        raise DataError.at(path, line, "expected finite numbers. Received: nan or infinity")
    return vector
