"""The lines of a text file with their numbers: the one place that knows encodings and line ends."""

import codecs
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Self, TypeVar

from keras_elmo.files.bad_text import BadTextError, no_text, undecodable
from keras_elmo.files.binary_files import binary_kind
from keras_elmo.files.byte_streams import ByteStream
from keras_elmo.files.decompression import UnreadableError
from keras_elmo.files.encodings import UTF_8, agrees, known_encoding, marked_encoding
from keras_elmo.files.opening import STANDARD_INPUT, first_bytes, open_bytes

Row = TypeVar("Row")
_BLOCK = 1 << 16  # bytes read at a time, and looked at before
_MARK = 4  # bytes at most
_REMEDY = 'give --encoding {0}, in Python encoding="{0}"'


class DataError(ValueError):
    """Data that cannot be used; the message begins with the file and mostly its line."""

    @classmethod
    def at(cls, path: str | Path, line: int, message: str) -> Self:
        """The error `file:line: message`, with lines counted from 1."""
        return cls(f"{shown_name(path)}:{line}: {message}")


class TextSource:
    r"""A text file, or standard input (`-`): decompressed and decoded.

    gzip, xz, zstd, bzip2 and a zip of one file are told by content. The encoding is that of the
    file's mark, else UTF-8. Lines end with `\n` or `\r\n`, or, where there is no `\n` in the first
    64 KB (as on old Macs), with `\r`; other characters, such as U+2028, end none.

    Args:
        path: the file.
        encoding: a name that Python knows, for a file without a mark.

    Raises:
        ValueError: Python knows no such encoding.

    Example:
        >>> source = TextSource("reviews.csv.gz")
        >>> source.encoding, source.head()[:10]
        ('UTF-16 LE', 'text,label')
        >>> rows = [line for number, line in source.lines()]
    """

    def __init__(self, path: str | Path, encoding: str | None = None) -> None:
        self.path = path
        self._asked = None if encoding is None else known_encoding(encoding)
        self._told: str | None = None  # by how the file begins

    @property
    def encoding(self) -> str:
        """What it is decoded from: "UTF-8", "UTF-16 LE", "cp1252", ...

        Raises: as `lines`, for how the file begins.
        """
        if self._told:
            return self._told  # as what is read only once has no beginning any more
        with _placed(self.path, _Splitter()):
            return self._begin(first_bytes(self.path, _BLOCK))[0]

    def head(self) -> str:
        r"""The first 64 KB decoded, with `\n` for every line end; nothing of it is used up.

        Raises: as `lines`, for what stands there.
        """
        splitter, texts = _Splitter(), []
        with _placed(self.path, splitter):
            start = first_bytes(self.path, _BLOCK)
            for text in self._texts(iter([start]), is_whole=False):
                splitter.split(text)
                texts.append(text)
        return "".join(texts)

    def lines(self) -> Iterator[tuple[int, str]]:
        """Stream the lines, counted from 1, without their line ends.

        Raises:
            DataError: bytes that are not of the encoding, a binary file, damaged compression, a zip
                of several files.
            FileNotFoundError, IsADirectoryError: there is no such file.
            ImportError: a file of zstd, and nothing installed that reads it.
        """
        splitter = _Splitter()
        with _placed(self.path, splitter), open_bytes(self.path) as stream:
            for text in self._texts(_blocks(stream)):
                before = splitter.number
                yield from enumerate(splitter.split(text), before + 1)
            if last := splitter.begun():
                yield splitter.number + 1, last

    def _begin(self, start: bytes) -> tuple[str, int]:
        """The encoding of a file that begins in this way, and how many bytes its mark has."""
        if kind := binary_kind(start):
            raise UnreadableError(f"expected text. Received: {kind}")
        marked, length = marked_encoding(start)
        if self._asked and marked and not agrees(self._asked, marked):
            raise UnreadableError(
                f"the file is marked as {marked}. Received: {self._asked} as its encoding. "
                "Leave it out."
            )
        return marked or self._asked or UTF_8, length

    def _texts(self, blocks: Iterator[bytes], *, is_whole: bool = True) -> Iterator[str]:
        r"""Decode blocks, with `\n` for line ends; what is right before an error comes first."""
        start = next(blocks, b"")
        encoding, mark = self._begin(start)
        self._told = encoding
        decoder, line_ends = codecs.getincrementaldecoder(encoding)(), None
        remedy = None if self._asked or mark else _REMEDY
        for block in chain([start[mark:]], blocks, [b""] * is_whole):
            text, error = _decode(decoder, block, encoding, remedy)
            line_ends = line_ends or _LineEnds(text)
            yield line_ends.unified(text, is_last=error is not None)
            if error is not None:
                raise error


def numbered_lines(path: str | Path, encoding: str | None = None) -> Iterator[tuple[int, str]]:
    """Stream the lines of a text file, counted from 1, without their line ends.

    Arguments and errors as of `TextSource` and its `lines`.
    """
    return TextSource(path, encoding).lines()


def not_blank(
    lines: Iterable[tuple[int, str]], skipped: Counter[str] | None = None
) -> Iterator[tuple[int, str]]:
    """Pass on the lines that hold something; blank ones are counted in `skipped`."""
    for line, text in lines:
        if text.strip():
            yield line, text
        else:
            count(skipped, "blank lines")


def count(skipped: Counter[str] | None, reason: str, number: int = 1) -> None:
    """Count that something was passed over, to report it later; None counts nothing."""
    if skipped is not None and number:
        skipped[reason] += number


def not_empty(rows: Iterable[Row], path: str | Path, what: str) -> Iterator[Row]:
    """Pass `rows` on, and raise an error if there is none: it would be found out too late."""
    empty = True
    for row in rows:
        empty = False
        yield row
    if empty:
        raise DataError(f"{shown_name(path)}: the file holds no {what}. Is it the right file?")


class _Splitter:
    """Texts that go on in one another → lines."""

    def __init__(self) -> None:
        self.number = 0  # lines that have ended
        self._begun: list[str] = []

    def split(self, text: str) -> list[str]:
        """The lines that end in the next text."""
        *lines, rest = text.split("\n")
        if lines:
            lines[0] = self.begun() + lines[0]
            self.number, self._begun = self.number + len(lines), []
        self._begun.append(rest)
        return lines

    def begun(self) -> str:
        """The line that goes on."""
        return "".join(self._begun)


class _LineEnds:
    r"""Line ends of all systems → `\n`; `\r` alone is one if the first text has no `\n`."""

    def __init__(self, first: str) -> None:
        self._old_mac = "\n" not in first and "\r" in first[:-1]
        self._held = ""

    def unified(self, text: str, *, is_last: bool) -> str:
        r"""The next text; a `\r` at its end waits for what follows."""
        text = self._held + text
        self._held = "\r" if text.endswith("\r") and not is_last else ""
        text = text.removesuffix(self._held).replace("\r\n", "\n")
        return text.replace("\r", "\n") if self._old_mac else text


def _blocks(stream: ByteStream) -> Iterator[bytes]:
    """What is read, as soon as it is there; the first piece has the whole of a mark."""
    yield stream.read(_MARK) + stream.read1(_BLOCK)
    while block := stream.read1(_BLOCK):
        yield block


def _decode(
    decoder: codecs.IncrementalDecoder, block: bytes, encoding: str, remedy: str | None
) -> tuple[str, BadTextError | None]:
    """The text of a block, b"" of the end, up to the first byte that is wrong."""
    state = decoder.getstate()
    try:
        text, error = decoder.decode(block, final=not block), None
    except UnicodeDecodeError as problem:
        decoder.setstate(state)
        text = decoder.decode(block[: max(0, problem.start - len(state[0]))])
        error = undecodable(problem, encoding, remedy)
    if "\0" in text:
        return text[: text.index("\0")], no_text(block, 0, encoding, remedy)
    return text, error


@contextmanager
def _placed(path: str | Path, splitter: _Splitter) -> Iterator[None]:
    """Add the file, the line and the byte to an error."""
    try:
        yield
    except UnreadableError as error:
        if splitter.number or splitter.begun():
            raise DataError.at(path, splitter.number + 1, str(error)) from error
        raise DataError(f"{shown_name(path)}: {error}") from error
    except BadTextError as error:
        place = len(splitter.begun().encode(error.encoding)) + 1
        message = error.at(f"byte {place:,} of the line")
        raise DataError.at(path, splitter.number + 1, message) from error


def shown_name(path: str | Path) -> str:
    """A file as errors name it."""
    return "<stdin>" if str(path) == STANDARD_INPUT else str(path)
