"""Features that are done, in plain files: what every output format is written from."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

ROWS, LENGTHS, TOKENS = "rows.bin", "lengths.bin", "tokens.jsonl"
_BLOCK = 8_000_000  # bytes read at once, about
_LENGTH = np.dtype("<i8")


@dataclass(frozen=True)
class FeatureRows:
    """Reads the features of all sentences in order, in bounded memory.

    Args:
        folder: holds `rows.bin` (the numbers, nothing else), `lengths.bin` (int64, the tokens of
            each sentence) and maybe `tokens.jsonl` (a list of strings for each sentence).
        num_sentences, num_tokens: how many there are in all.
        shape: shape of one row, `(layers, 2P)` or `(width,)`.
        dtype: type of the numbers, little-endian.
        pooled: whether a row is a sentence rather than a token.
        facts: the origin of the features: `layers`, `mix`, `pool`, `model`.
        on_read: called with the number of bytes of each block that is read.
    """

    folder: Path
    num_sentences: int
    num_tokens: int
    shape: tuple[int, ...]
    dtype: np.dtype
    pooled: bool
    facts: dict[str, str] = field(default_factory=dict)
    on_read: Callable[[int], None] = lambda size: None

    @property
    def num_rows(self) -> int:
        """Sentences if pooled, else tokens."""
        return self.num_sentences if self.pooled else self.num_tokens

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def num_bytes(self) -> int:
        """Bytes of all rows."""
        return self.num_rows * self.row_bytes

    def blocks(self) -> Iterator[np.ndarray]:
        """All rows, many at once: `(rows, *shape)`."""
        step = max(1, _BLOCK // self.row_bytes)
        with (self.folder / ROWS).open("rb") as file:
            for begin in range(0, self.num_rows, step):
                yield self._read(file, min(step, self.num_rows - begin))

    def sentences(self) -> Iterator[np.ndarray]:
        """The rows of each sentence: `(tokens, *shape)`, or `shape` if pooled."""
        with (self.folder / ROWS).open("rb", buffering=_BLOCK) as file:
            for length in self.lengths():
                yield self._read(file, 1)[0] if self.pooled else self._read(file, length)

    def lengths(self) -> Iterator[int]:
        """The number of tokens of each sentence."""
        for block in self._length_blocks():
            yield from block.tolist()

    def offsets(self) -> Iterator[np.ndarray]:
        """In blocks, int64 `(sentences + 1,)`: sentence `i` is the rows from `[i]` to `[i + 1]`."""
        begin = 0
        yield np.zeros(1, _LENGTH)
        for block in self._length_blocks():
            ends = begin + np.cumsum(block, dtype=_LENGTH)
            begin = int(ends[-1])
            yield ends

    def tokens(self) -> Iterator[list[str]]:
        """The tokens of each sentence, if they were kept."""
        with (self.folder / TOKENS).open(encoding="utf-8", newline="\n") as file:
            for line in file:
                yield json.loads(line)

    def _read(self, file: BinaryIO, count: int) -> np.ndarray:
        size = count * self.row_bytes
        self.on_read(size)
        return np.frombuffer(file.read(size), self.dtype).reshape(count, *self.shape)

    def _length_blocks(self) -> Iterator[np.ndarray]:
        with (self.folder / LENGTHS).open("rb") as file:
            while data := file.read(_LENGTH.itemsize * 65_536):
                yield np.frombuffer(data, _LENGTH)
