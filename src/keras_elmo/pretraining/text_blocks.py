"""Text files → blocks of words: bounded memory for any line, and errors that name the line."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from keras_elmo.files.lines import DataError
from keras_elmo.files.opening import DAMAGED, check_file, damage, decompressed

BLOCK_BYTES = 1 << 20
PART_BYTES = 64 << 20  # of a plain file; a constant, so that no number of processes moves a border
MAX_WORD = 1000
_COMPRESSED = (".gz", ".xz", ".zst")
_SPACES = (b"\n", b" ", b"\t", b"\r")


class Part(NamedTuple):
    """Whole lines of a file: bytes `begin` to `end`; None is the end of the file."""

    path: Path
    begin: int = 0
    end: int | None = None


class Block(NamedTuple):
    """The words of some lines.

    Attributes:
        words: one after another; the last ones may belong to a line that goes on.
        line_lengths: int64 `(lines,)`, words of each line that ends in this block.
        position: bytes of the file used so far, compressed ones if it is.
    """

    words: list[str]
    line_lengths: np.ndarray
    position: int


class TextBlocks:
    r"""The blocks of a part of a UTF-8 file.

    Lines end with `\n`, words at white space. A word of more than `MAX_WORD` characters is cut to
    so many: of ELMo's 50 none is lost.

    Args:
        part: the file, .gz, .xz or .zst too, and the bytes of a plain one.

    Raises:
        DataError: on iteration, for bytes that are not UTF-8, NUL bytes, damaged compression, or
            more than `BLOCK_BYTES` (1 MiB) without a space.
        FileNotFoundError, IsADirectoryError: there is no such file.
        ImportError: zstandard is missing for a .zst file.
    """

    def __init__(self, part: Part) -> None:
        check_file(part.path)
        self.part = part
        self._lines = 0  # that have ended so far
        self._bytes = 0

    def __iter__(self) -> Iterator[Block]:
        """Read the part once."""
        open_words = 0  # of the line that goes on
        with self.part.path.open("rb") as file, decompressed(file, self.part.path.suffix) as stream:
            file.seek(self.part.begin)
            for raw in self._whole_words(stream):
                words, lengths = _split(self._decode(raw))
                lengths[0] += open_words
                open_words = lengths.pop()
                yield Block(words, np.array(lengths, dtype=np.int64), file.tell())
                self._lines += len(lengths)
                self._bytes += len(raw)
            if open_words:  # no line end at the end of the file
                yield Block([], np.array([open_words]), file.tell())

    def _whole_words(self, stream: BinaryIO) -> Iterator[bytes]:
        rest = b""
        while data := self._read(stream, len(rest)):
            raw = rest + data
            cut = 1 + max(raw.rfind(space) for space in _SPACES)
            if len(raw) - cut > BLOCK_BYTES:
                self._decode(raw[:cut])
                raise self._error(raw, cut, f"no space in {BLOCK_BYTES:,} bytes. Is it a text?")
            rest = raw[cut:]
            if cut:
                yield raw[:cut]
        if rest:
            yield rest

    def _read(self, stream: BinaryIO, waiting: int) -> bytes:
        left = BLOCK_BYTES
        if self.part.end is not None:
            left = min(left, self.part.end - self.part.begin - self._bytes - waiting)
        try:
            return stream.read(left)
        except DAMAGED as error:
            raise self._error(b"", 0, damage(self.part.path, error)) from error

    def _decode(self, raw: bytes) -> str:
        nul = raw.find(b"\0")
        if nul >= 0:
            fix = (
                "Name a text file; UTF-16 becomes UTF-8 with `iconv -f UTF-16 -t UTF-8 old > new`."
            )
            raise self._error(raw, nul, f"a binary file. Received: {self._byte(0, nul)}. {fix}")
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            received = self._byte(raw[error.start], error.start)
            fix = "Save the file as UTF-8, e.g. `iconv -f LATIN1 -t UTF-8 old > new`."
            message = f"not valid UTF-8. Received: {received}. {fix}"
            raise self._error(raw, error.start, message) from error
        # The byte order mark is no part of the first word.
        return text if self.part.begin + self._bytes else text.removeprefix("\ufeff")

    def _byte(self, value: int, place: int) -> str:
        return f"0x{value:02x} at byte {self.part.begin + self._bytes + place + 1:,} of the text"

    def _error(self, raw: bytes, place: int, message: str) -> DataError:
        lines = _lines_before(self.part) + self._lines + raw.count(b"\n", 0, place)
        return DataError.at(self.part.path, lines + 1, message)


def parts_of(path: Path) -> list[Part]:
    """What different processes may read: a compressed file is one part, a large plain one many."""
    if path.suffix in _COMPRESSED:
        return [Part(path)]
    size, borders = path.stat().st_size, [0]
    with path.open("rb") as file:
        while borders[-1] + PART_BYTES < size:
            file.seek(borders[-1] + PART_BYTES)
            while (line := file.readline(BLOCK_BYTES)) and not line.endswith(b"\n"):
                pass
            borders.append(file.tell())
    borders = sorted({*borders, size})
    return [Part(path, *border) for border in pairwise(borders)]


def sentence_lengths(line_lengths: np.ndarray, max_length: int) -> np.ndarray:
    """Cut lines into pieces of `max_length` words; int32, nothing for a line without words."""
    pieces = -(-line_lengths // max_length)  # of each line, rounded up
    lengths = np.full(pieces.sum(), max_length, dtype=np.int32)
    last = (np.cumsum(pieces) - 1)[pieces > 0]
    lengths[last] = (line_lengths - (pieces - 1) * max_length)[pieces > 0]
    return lengths


def no_words(path: Path) -> DataError:
    """The error for a file with nothing to read."""
    size = path.stat().st_size
    received = f"{size:,} bytes, all of them blank lines" if size else "an empty file"
    return DataError(
        f"{path}: has no words. Expected one sentence a line. Received: {received}. "
        "Was it written to its end?"
    )


def _split(text: str) -> tuple[list[str], list[int]]:
    """Words, and how many each line has; the last line is the one that goes on."""
    words: list[str] = []
    lengths = []
    for line in text.split("\n"):
        found = line.split()
        if len(line) > MAX_WORD:
            found = [word[:MAX_WORD] for word in found]
        words += found
        lengths.append(len(found))
    return words, lengths


def _lines_before(part: Part) -> int:
    """Lines of the file before this part; needed for errors only, so counted only then."""
    lines, left = 0, part.begin
    with part.path.open("rb") as file:
        while left > 0 and (raw := file.read(min(left, BLOCK_BYTES))):
            lines += raw.count(b"\n")
            left -= len(raw)
    return lines
