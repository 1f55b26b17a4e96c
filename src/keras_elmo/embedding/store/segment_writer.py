"""Segments as they are written: files of raw rows that only grow, each by one writer."""

import os
import secrets
import zlib
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO

import numpy as np

from keras_elmo.embedding.store.folder import SEGMENT_SUFFIX
from keras_elmo.embedding.store.index import StoreIndex
from keras_elmo.embedding.store.segment_reader import SegmentsInUse
from keras_elmo.files.space import require_space


class SegmentWriter:
    """Appends batches to segments that nobody else writes to.

    Args:
        index: the index of the folder that the segments lie in.
        segment_bytes: a segment that would pass this size is followed by another one.
    """

    def __init__(self, index: StoreIndex, segment_bytes: int) -> None:
        self.index, self.folder, self.segment_bytes = index, index.path.parent, segment_bytes
        self._in_use = SegmentsInUse()
        self._file: BinaryIO | None = None
        self._path, self._number, self._end = self.folder, 0, 0

    def append(self, batch: Sequence[tuple[bytes, np.ndarray]]) -> None:
        """Write the rows of some sentences, then make all of them visible at once.

        Args:
            batch: (key, rows `(tokens, layers, features)` as they lie on the disk) each.

        Raises:
            OSError: the disk is full; nothing of the batch is visible then.
        """
        while True:
            file = self._file_for(sum(rows.nbytes for _, rows in batch))
            entries, offset = [], self._end
            for key, rows in batch:
                entries.append((key, offset, len(rows), zlib.crc32(rows.data)))
                offset += rows.nbytes
            self._write(file, [rows for _, rows in batch])
            if self.index.commit(self._number, offset, entries):
                self._end = offset
                return
            self.close()  # evicted by another process just now: write it again elsewhere

    def close(self) -> None:
        """Leave the segment; the next batch begins another one."""
        if self._file:
            self._file.close()
            self._file = None
        self._in_use.paths.clear()

    def _file_for(self, num_bytes: int) -> BinaryIO:
        """The open segment, or a new one if it is full or no longer what was written."""
        if self._file:
            facts = os.fstat(self._file.fileno())
            whole = facts.st_size == self._end and facts.st_nlink
            if whole and (not self._end or self._end + num_bytes <= self.segment_bytes):
                return self._file
            self.close()
        name = f"{os.getpid()}-{secrets.token_hex(8)}{SEGMENT_SUFFIX}"
        self._path, self._end = self.folder / name, 0
        self._number = self.index.register(name)
        self._in_use.paths.add(self._path)
        self._file = self._path.open("xb", buffering=0)
        return self._file

    def _write(self, file: BinaryIO, batch: Sequence[np.ndarray]) -> None:
        try:
            require_space(self._path, sum(rows.nbytes for rows in batch))
            for rows in batch:
                rest = rows.reshape(-1).view(np.uint8).data
                while rest:  # a nearly full disk takes a part
                    rest = rest[file.write(rest) :]
            os.fsync(file.fileno())  # else a power cut could leave an index without its rows
        except OSError as error:
            with suppress(OSError):  # give the space back; readers map only what is indexed
                os.ftruncate(file.fileno(), self._end)
                file.seek(self._end)
            raise OSError(
                error.errno,
                f"{error.strerror}, what was stored before is kept",
                str(self._path),
            ) from error
