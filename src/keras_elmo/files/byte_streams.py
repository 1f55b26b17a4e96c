"""Streams of bytes: one of which any number can be looked at before, one of pieces."""

import io
from collections.abc import Iterator
from typing import Any


class ByteStream:
    """Bytes to read, of which any number can be looked at before.

    Args:
        stream: a file open for reading bytes.
    """

    def __init__(self, stream: Any) -> None:
        self._stream, self._ahead = stream, b""

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end only; they will be read again."""
        if len(self._ahead) < size:
            self._ahead += self._stream.read(size - len(self._ahead))
        return self._ahead[:size]

    def read(self, size: int = 1 << 16) -> bytes:
        """The next `size` bytes, fewer at the end only."""
        self.peek(size)
        return self._take(size)

    def read1(self, size: int) -> bytes:
        """Up to `size` bytes, as many as are there; none is the end."""
        return self._take(size) if self._ahead else self._stream.read1(size)

    def seekable(self) -> bool:
        """False, as this is for what can be read only once."""
        return False

    def _take(self, size: int) -> bytes:
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        return taken


class Pieces(io.RawIOBase):
    """Pieces of bytes, one after another, as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left and (piece := next(self._pieces, None)) is not None:
            self._left = memoryview(piece)
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size
