"""Files and standard input as streams of bytes, decompressed by what they hold.

What can be read only once (standard input, pipes) can be looked at before it is read.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from keras_elmo.files.byte_streams import ByteStream
from keras_elmo.files.decompression import UnreadableError, decompressed

STANDARD_INPUT = "-"
_looked_at: dict[Any, ByteStream] = {}  # what can be read only once and was not yet read


@contextmanager
def open_bytes(path: str | Path) -> Iterator[ByteStream]:
    """Open a file, or standard input (`-`), for reading, decompressed.

    Raises:
        UnreadableError: standard input is closed; while it is read also for damage, and for a zip
            that does not hold exactly one file.
        FileNotFoundError, IsADirectoryError: `path` is no file.
        ImportError: a file of zstd, and nothing installed that reads it.
    """
    if kept := _looked_at.pop(_key(path), None):
        yield kept
    elif str(path) == STANDARD_INPUT:
        yield ByteStream(decompressed(_standard_input()))  # not ours to close
    else:
        check_file(Path(path))
        with Path(path).open("rb") as file:
            yield ByteStream(decompressed(file))


def first_bytes(path: str | Path, size: int) -> bytes:
    """The first bytes of what `open_bytes` will give, which will give them again.

    Raises: as `open_bytes`.
    """
    if not read_only_once(path):
        with open_bytes(path) as stream:
            return stream.peek(size)
    if _key(path) not in _looked_at:
        is_pipe = str(path) != STANDARD_INPUT
        file = Path(path).open("rb") if is_pipe else _standard_input()  # noqa: SIM115 read later
        _looked_at[_key(path)] = ByteStream(decompressed(file))
    return _looked_at[_key(path)].peek(size)


def read_only_once(path: str | Path) -> bool:
    """Whether this is standard input or a pipe."""
    path = Path(path)
    return str(path) == STANDARD_INPUT or (path.exists() and not (path.is_file() or path.is_dir()))


def check_file(path: Path) -> None:
    """Raise an error that helps if there is no such file.

    Raises:
        FileNotFoundError, IsADirectoryError: `path` is no file.
    """
    if path.is_dir():
        raise IsADirectoryError(
            f"expected a file. Received: {path}, a directory. Name a file in it."
        )
    if not path.exists():
        raise FileNotFoundError(
            f"no such file. Received: {path}, looked for in {Path.cwd()}. Check the spelling."
        )


def _standard_input() -> BinaryIO:
    if sys.stdin is None or sys.stdin.closed:
        raise UnreadableError(
            "standard input is closed. Received: - as the file. Pipe text into the command, or "
            "name a file."
        )
    return sys.stdin.buffer


def _key(path: str | Path) -> Any:
    """What is kept of a path: an object of standard input, for another process may set another."""
    return sys.stdin if str(path) == STANDARD_INPUT else str(path)
