"""The lines of a text file with their numbers: the one place that knows encodings and line ends."""

import gzip
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Self, TypeVar

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

    A byte order mark is dropped and `\r\n` is a line end; `*.gz` is decompressed on the way; `-` is
    standard input.

    Raises:
        DataError: bytes that are not UTF-8, a damaged gzip file.
        FileNotFoundError, IsADirectoryError: `path` is no file.
    """
    number = 0
    with _open(path) as stream:
        try:
            for number, raw in enumerate(stream, 1):
                yield number, _decode(raw, path, number)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            message = f"the gzip file is damaged ({error}). Download or compress it again."
            raise DataError.at(path, number + 1, message) from error


def not_empty(rows: Iterable[Row], path: str | Path, what: str) -> Iterator[Row]:
    """Pass `rows` on; an error if there is none, because a silent nothing is found out too late."""
    empty = True
    for row in rows:
        empty = False
        yield row
    if empty:
        raise DataError(f"{_name(path)}: the file holds no {what}. Is it the right file?")


def _open(path: str | Path) -> AbstractContextManager[Iterable[bytes]]:
    if str(path) == STANDARD_INPUT:
        return nullcontext(sys.stdin.buffer)  # not ours to close
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(
            f"expected a file. Received: {path}, a directory. Name a file in it."
        )
    if not path.exists():
        raise FileNotFoundError(
            f"no such file. Received: {path}, looked for in {Path.cwd()}. Check the spelling."
        )
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


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
