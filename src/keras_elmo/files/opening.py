"""Files as streams of bytes: plain ones, and .gz, .xz and .zst decompressed on the way."""

import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast


class ZstdError(Exception):
    """A damaged or truncated .zst file."""


DAMAGED = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, ZstdError)
_ZSTD_READ = 4096  # so little may become 100 MB


@contextmanager
def open_bytes(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for reading, decompressed; while it is read, damage raises one of `DAMAGED`.

    Raises:
        FileNotFoundError, IsADirectoryError: `path` is no file.
        ImportError: a .zst file, and nothing installed that reads it.
    """
    path = Path(path)
    check_file(path)
    with path.open("rb") as file, decompressed(file, path.suffix) as stream:
        yield stream


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


def decompressed(file: BinaryIO, suffix: str) -> BinaryIO:
    """The content of an open file, whose `tell` then says how much of it was used.

    Args:
        file: open for reading bytes.
        suffix: `.gz`, `.xz` or `.zst`; others count as plain.
    """
    if suffix == ".gz":
        return cast(BinaryIO, gzip.open(file))
    if suffix == ".xz":
        return cast(BinaryIO, lzma.open(file))
    if suffix == ".zst":
        return io.BufferedReader(_ZstdReader(file))
    return file


def damage(path: str | Path, error: BaseException) -> str:
    """The message for one of `DAMAGED`."""
    return f"the {Path(path).suffix} file is damaged ({error}). Download or compress it again."


class _ZstdReader(io.RawIOBase):
    """The frames of a .zst file; unlike zstandard's own reader it notices a missing end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._new, self._error = _zstd()
        self._frame = self._new()
        self._input = self._output = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._output and self._more():
            try:
                self._output = self._frame.decompress(self._input)
            except self._error as error:
                raise ZstdError(str(error)) from error
            self._input = self._frame.unused_data if self._frame.eof else b""
        size = min(len(buffer), len(self._output))
        buffer[:size], self._output = self._output[:size], self._output[size:]
        return size

    def _more(self) -> bool:
        """Whether there is more input; a new frame begins where one has ended."""
        self._input = self._input or self._file.read(_ZSTD_READ)
        if self._input and self._frame.eof:
            self._frame = self._new()
        if not self._input and not self._frame.eof:
            raise ZstdError("it ends before its last frame does")
        return bool(self._input)


def _zstd() -> tuple[Callable[[], Any], type[Exception]]:
    """A maker of decompressors and the error they raise."""
    try:
        from compression import zstd  # pyright: ignore[reportMissingImports] Python 3.14

        return zstd.ZstdDecompressor, zstd.ZstdError
    except ImportError:
        pass
    try:
        import zstandard  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ImportError(
            '.zst files need zstandard. Install it with `pip install "keras-elmo[zstd]"`.'
        ) from error
    return lambda: zstandard.ZstdDecompressor().decompressobj(), zstandard.ZstdError
