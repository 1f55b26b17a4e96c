"""Compressed files, told by how they begin: gzip, xz, zstd, bzip2 and a zip of one file."""

import bz2
import io
import lzma
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from shutil import copyfileobj
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from keras_elmo._extras import needs_extra
from keras_elmo.files.binary_files import archive_kind
from keras_elmo.files.byte_streams import ByteStream, Pieces

_READ = 4096  # so little may become 100 MB
_BEGINNING = 16  # bytes that tell each kind of compression
_KINDS = {
    "gzip": rb"\x1f\x8b\x08",
    "xz": rb"\xfd7zXZ\0",
    "zstd": rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18",  # the latter is a frame to skip
    "bzip2": rb"BZh[1-9](1AY&SY|\x17rE8P\x90)",
    "zip": rb"PK(\x03\x04|\x05\x06|\x07\x08)",
}


class UnreadableError(Exception):
    """A stream that cannot be read on: damaged, or an archive of several files."""


def decompressed(file: Any) -> Any:
    """The content of an open file, whose `tell` then says how much of it was used.

    Args:
        file: open for reading bytes, at its beginning.

    Raises:
        UnreadableError: while it is read, for damage, and for a zip that does not hold exactly
            one file.
        ImportError: a file of zstd, and nothing installed that reads it.
    """
    stream = file if file.seekable() else ByteStream(file)
    kind = compression(stream)
    if kind is None:
        return stream
    if kind == "zip":
        return io.BufferedReader(Pieces(_member(stream)))
    return io.BufferedReader(Pieces(_frames(stream, kind, *_decompressor(kind))))


def compression(file: Any) -> str | None:
    """How an open file is compressed, None for a plain one; what is read for it is put back."""
    if isinstance(file, ByteStream):
        start = file.peek(_BEGINNING)
    else:
        start = file.read(_BEGINNING)
        file.seek(-len(start), io.SEEK_CUR)
    return next((kind for kind, begin in _KINDS.items() if re.match(begin, start)), None)


def _frames(
    file: Any, kind: str, new: Callable[[], Any], damage: type[Exception]
) -> Iterator[bytes]:
    """The content of the frames (members, streams) of a compressed file.

    Unlike the readers of the standard library it takes nothing behind the last frame for an end.
    """
    frame, begun = new(), False
    while data := file.read(_READ):
        while data := data if begun else data.lstrip(b"\0"):  # zeros may fill up a block
            try:
                piece = frame.decompress(data)
            except damage as error:
                raise _damaged(kind, error) from error
            yield piece
            data, begun = b"", True
            if frame.eof:
                frame, data, begun = new(), frame.unused_data, False
    if begun:
        raise _damaged(kind, "it ends too early")


def _damaged(kind: str, reason: object) -> UnreadableError:
    return UnreadableError(
        f"the {kind} data is damaged ({reason}). Download or compress the file again."
    )


def _decompressor(kind: str) -> tuple[Callable[[], Any], type[Exception]]:
    """A maker of decompressors and the error they raise."""
    if kind == "gzip":
        return lambda: zlib.decompressobj(16 + zlib.MAX_WBITS), zlib.error
    if kind == "xz":
        return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ), lzma.LZMAError
    if kind == "bzip2":
        return bz2.BZ2Decompressor, OSError
    try:
        from compression import zstd  # pyright: ignore[reportMissingImports] Python 3.14

        return zstd.ZstdDecompressor, zstd.ZstdError
    except ImportError:
        pass
    with needs_extra("zstd", "files compressed with zstd need zstandard"):
        import zstandard  # pyright: ignore[reportMissingImports]
    return lambda: zstandard.ZstdDecompressor().decompressobj(), zstandard.ZstdError


def _member(file: Any) -> Iterator[bytes]:
    """The content of the one file in a zip, which is copied first where it comes from a pipe."""
    try:
        with (
            _seekable(file) as whole,
            ZipFile(whole) as archive,
            archive.open(_only_file(archive)) as member,
        ):
            while piece := member.read(1 << 16):
                yield piece
            whole.seek(0, io.SEEK_END)  # all of it was used
    except (BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise _damaged("zip", error) from error
    except (NotImplementedError, RuntimeError) as error:  # rare methods, a password
        raise UnreadableError(f"the zip cannot be read ({error}). Unpack it.") from error


@contextmanager
def _seekable(file: Any) -> Iterator[Any]:
    """The file, or a copy of what comes from a pipe: a zip says at its end what is in it."""
    if file.seekable():
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        copyfileobj(file, copy)
        yield copy


def _only_file(archive: ZipFile) -> ZipInfo:
    """The file in a zip; folders and what macOS adds do not count."""
    files = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    if len(files) == 1:
        return files[0]
    names = [member.filename for member in files]
    if kind := archive_kind(names):
        raise UnreadableError(f"no text but {kind}")
    shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    raise UnreadableError(
        f"expected one file in the zip. Received: {len(names)}{': ' * bool(names)}{shown}. "
        "Unpack it and name one of them."
    )
