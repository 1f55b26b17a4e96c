"""word2vec's binary files: a line `count size`, then for each word it, a space and its numbers.

The numbers are float32 with the lowest byte first; the original program ends a word's row with a
line end, others do not.
"""

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from keras_elmo.files.byte_streams import ByteStream
from keras_elmo.files.decompression import UnreadableError
from keras_elmo.files.lines import DataError
from keras_elmo.files.opening import first_bytes, open_bytes

HEADER = rb"(\d{1,10})[ \t]{1,9}([1-9]\d{0,5})[ \t]{0,9}\r?"  # the first line, in text files, too
_FASTTEXT = b"\xba\x16\x4f\x2f"
_BLOCK = 1 << 16
_LONGEST_HEADER = 64
_NUMBER = np.dtype("<f4")


def binary_size(path: str | Path) -> int | None:
    """The size of the vectors in a binary file; None for a text file.

    Raises:
        DataError: a model of fastText, damaged compression.
    """
    with _readable(path):
        start = first_bytes(path, _BLOCK)
    if start.startswith(_FASTTEXT):
        raise DataError(
            f"{path}: expected word vectors. Received: a model of fastText, whose vectors are made "
            "of its n-grams. Take the .vec file that is published beside it, or write the vectors "
            "of your words: `fasttext print-word-vectors model.bin < words.txt > words.vec`."
        )
    header = re.match(HEADER + rb"\n", start)
    if not header:
        return None
    _, space, rest = start[header.end() :].lstrip(b"\n").partition(b" ")
    size = int(header[2])
    return size if space and not _is_text(rest[: size * _NUMBER.itemsize]) else None


def _is_text(sample: bytes) -> bool:
    """Whether what follows the first word is printable; bytes of float32 numbers hardly are."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(sample)  # its end may be missing
    except UnicodeDecodeError:
        return False
    return bool(text) and "".join(text.split()).isprintable()


def binary_vectors(path: str | Path) -> Iterator[tuple[int, str, np.ndarray]]:
    """Stream words with their numbers, counted from 1, and their vectors: float32 `(size,)`.

    Raises:
        DataError: fewer or more words than the first line promises, damaged compression.
    """
    with _readable(path), open_bytes(path) as stream:
        header = stream.peek(_LONGEST_HEADER).partition(b"\n")[0]
        stream.read(len(header) + 1)
        count, size = map(int, header.split())
        yield from _rows(path, stream, count, size)


def _rows(
    path: str | Path, stream: ByteStream, count: int, size: int
) -> Iterator[tuple[int, str, np.ndarray]]:
    width, data, place = size * _NUMBER.itemsize, b"", 0
    promise = f"the first line promises {count:,} words of {size} numbers"
    for number in range(1, count + 1):
        while (end := data.find(b" ", place)) < 0 or len(data) <= end + width:
            more = stream.read(_BLOCK)
            if not more:
                raise DataError(f"{path}: {promise}. Received: {number - 1:,}. Is it cut off?")
            data, place = data[place:] + more, 0
        # Some bytes are cut within a character; two such words stay two.
        word = data[place:end].lstrip(b"\n").decode("utf-8", errors="backslashreplace")
        yield number, word, np.frombuffer(data, _NUMBER, size, end + 1)
        place = end + 1 + width
    if (data[place:] + stream.read(_BLOCK)).strip(b"\n"):
        raise DataError(f"{path}: {promise}. Received: more. Is the file damaged?")


@contextmanager
def _readable(path: str | Path) -> Iterator[None]:
    try:
        yield
    except UnreadableError as error:
        raise DataError(f"{path}: {error}") from error
