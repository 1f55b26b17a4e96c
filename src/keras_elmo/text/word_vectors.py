"""Word vectors from files as GloVe, word2vec and fastText publish them."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_elmo.files.lines import DataError, numbered_lines
from keras_elmo.text.word2vec_binary import HEADER, binary_size, binary_vectors

_NUMBER = np.dtype(np.float32)


def read_word_vectors(
    path: str | Path, words: Collection[str] | None = None
) -> tuple[list[str], np.ndarray]:
    """Read word vectors; the content tells the format, plain or compressed (gzip, zip, ...).

    * Text: a word and its numbers a line, with spaces or tabs between them; word2vec and fastText
      (`.vec`) begin with a line `count size`, GloVe does not. Words may hold spaces.
    * word2vec's binary form (`.bin`).

    The file is streamed, and only the wanted words are kept in memory. Of a word that stands twice,
    the first vector counts.

    Args:
        path: the file.
        words: the words to keep; None keeps all.

    Returns:
        The words found, in the order of the file, and their vectors: float32 `(found, size)`.

    Raises:
        DataError: a line with more or fewer numbers than the first, something that is no finite
            number, fewer words than the first line promises, an empty file, a model of fastText.

    Example:
        >>> words, vectors = read_word_vectors("glove.6B.100d.txt", words={"good", "bad"})
        >>> vectors.shape
        (2, 100)
    """
    wanted = None if words is None else frozenset(words)
    source = _open(path)
    found: dict[str, None] = {}  # a set that keeps its order
    numbers = bytearray()  # grows in place: no second copy of all vectors at the end
    for place, word, row in source.rows:
        if (wanted is None or word in wanted) and word not in found:
            found[word] = None
            numbers += _vector(row, partial(source.error, place)).tobytes()
    return list(found), np.frombuffer(numbers, _NUMBER).reshape(len(found), source.size)


def vector_size(path: str | Path) -> int:
    """The size of the vectors in a file, told by its beginning.

    Raises: as `read_word_vectors`, for how the file begins.
    """
    return _open(path).size


class _Source(NamedTuple):
    """Vectors to read.

    Attributes:
        rows: a row's number, its word and numbers, as text or not.
        size: of each vector.
        error: the number of a row and a message → the error.
    """

    rows: Iterable[tuple[int, str, str | np.ndarray]]
    size: int
    error: Callable[[int, str], DataError]


def _open(path: str | Path) -> _Source:
    size = binary_size(path)
    if size is not None:
        return _Source(binary_vectors(path), size, partial(_at_word, path))
    return _text(path)


def _text(path: str | Path) -> _Source:
    lines = numbered_lines(path, "utf-8")
    line, first = next(lines, (0, ""))
    fields = _fields(first, None)
    if len(fields) < 2:
        message = "expected a word and its numbers on the first line"
        raise DataError.at(path, max(line, 1), f"{message}. Received: {first[:50]!r}")
    error = partial(DataError.at, path)
    if re.fullmatch(HEADER, first.encode()):
        count, size = map(int, fields)
        return _Source(_counted(_split(lines, size, error), count, error), size, error)
    size = len(fields) - 1
    return _Source(_split(chain([(line, first)], lines), size, error), size, error)


def _split(
    lines: Iterable[tuple[int, str]], size: int, error: Callable[[int, str], DataError]
) -> Iterator[tuple[int, str, str]]:
    for line, content in lines:
        content = content.replace("\t", " ").rstrip(" ")
        if content.count(" ") == size and "  " not in content:  # most of millions of lines
            word, _, numbers = content.partition(" ")
            yield line, word, numbers
            continue
        word, *fields = _fields(content, size)
        if len(fields) != size:
            message = f"expected a word and {size} numbers. Received: {len(fields)} after {word!r}"
            raise error(line, message)
        yield line, word, " ".join(fields)


def _fields(content: str, size: int | None) -> list[str]:
    """The word and its numbers, from the right, as some published words hold spaces."""
    content = content.replace("\t", " ").rstrip(" ")  # no other white space: words hold it, too
    most = -1 if size is None else size
    fields = content.rsplit(" ", most)
    if "  " in content and ("" in fields[1:] or fields[0].endswith(" ")):
        return re.sub(" +", " ", content).rsplit(" ", most)  # numbers below one another
    return fields


def _counted(
    rows: Iterable[tuple[int, str, str]], count: int, error: Callable[[int, str], DataError]
) -> Iterator[tuple[int, str, str]]:
    total = 0
    for row in rows:
        total += 1
        yield row
    if total != count:
        message = f"the first line promises {count} words. Received: {total}. Is the file cut off?"
        raise error(1, message)


def _vector(numbers: str | np.ndarray, error: Callable[[str], DataError]) -> np.ndarray:
    try:
        fields = numbers.split(" ") if isinstance(numbers, str) else numbers
        vector = np.asarray(fields, _NUMBER)
    except ValueError as problem:
        raise error(f"expected numbers after the word. {problem}") from problem
    if not np.isfinite(vector).all():
        raise error("expected finite numbers. Received: nan or infinity")
    return vector


def _at_word(path: str | Path, number: int, message: str) -> DataError:
    return DataError(f"{path}: word {number:,}: {message}")
