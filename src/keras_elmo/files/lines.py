"""The lines of a text file with their numbers: the one place that knows encodings and line ends."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Self, TypeVar

from keras_elmo.files.opening import DAMAGED, damage, open_bytes

Row = TypeVar("Row")
STANDARD_INPUT = "-"


class DataError(ValueError):
    """Data that cannot be used; the message begins with the file and mostly its line."""

    @classmethod
    def at(cls, path: str | Path, line: int, message: str) -> Self:
        """The error `file:line: message`, with lines counted from 1."""
        return cls(f"{_name(path)}:{line}: {message}")


def numbered_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    r"""Stream the lines of a UTF-8 file, counted from 1, without their line ends.

    A byte order mark is dropped and `\r\n` is a line end; `*.gz`, `*.xz` and `*.zst` are
    decompressed on the way; `-` is standard input.

    Raises:
        DataError: bytes that are not UTF-8, a damaged compressed file.
        FileNotFoundError, IsADirectoryError: `path` is no file.
    """
    number = 0
    with _open(path) as stream:
        try:
            for number, raw in enumerate(stream, 1):
                yield number, _decode(raw, path, number)
        except DAMAGED as error:
            raise DataError.at(path, number + 1, damage(path, error)) from error


class TextSource:
    """STUB"""

    def __init__(self, path: str | Path, encoding: str | None = None) -> None:
        self.path, self.encoding = path, encoding or "UTF-8"
        self.name = _name(path)

    def head(self) -> str:
        if str(self.path) == "-":
            return sys.stdin.buffer.peek().decode("utf-8", "ignore")
        with _open(self.path) as stream:
            return stream.read(2**16).decode("utf-8-sig", "ignore")

    def lines(self) -> Iterator[tuple[int, str]]:
        return numbered_lines(self.path)

    def whole_lines(self) -> Iterator[str]:
        return (f"{content}\n" for _, content in self.lines())


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
        raise DataError(f"{_name(path)}: the file holds no {what}. Is it the right file?")


def _open(path: str | Path) -> AbstractContextManager[Iterable[bytes]]:
    if str(path) == STANDARD_INPUT:
        if sys.stdin is None or sys.stdin.closed:
            raise DataError(
                "<stdin>: standard input is closed. Received: - as the file. Pipe text into the "
                "command, or name a file."
            )
        return nullcontext(sys.stdin.buffer)  # not ours to close
    return open_bytes(path)


def _decode(raw: bytes, path: str | Path, number: int) -> str:
    try:
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        message = (
            f"not valid UTF-8. Received: 0x{raw[error.start]:02x} at byte {error.start + 1} of the "
            "line. Save the file as UTF-8, e.g. `iconv -f LATIN1 -t UTF-8 old > new`."
        )
        raise DataError.at(path, number, message) from error
    return text.removesuffix("\n").removesuffix("\r")


def _name(path: str | Path) -> str:
    return "<stdin>" if str(path) == STANDARD_INPUT else str(path)
