"""Segments as they are written: files of raw rows that only grow, each by one writer."""

import os
import secrets
import zlib
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO

import numpy as np

from keras_elmo.embedding.store.folder import KEYS_SUFFIX, SEGMENT_SUFFIX
from keras_elmo.embedding.store.index import HEAD, RECORD, StoreIndex, batch_of
from keras_elmo.embedding.store.segment_reader import SegmentsInUse
from keras_elmo.files.space import require_space


class SegmentWriter:
    """Appends batches to segments that nobody else writes to.

    Args:
        index: the index of the folder that the segments lie in.
        segment_bytes: a segment that would pass this size is followed by another one.
    """

    def __init__(self, index: StoreIndex, segment_bytes: int) -> None:
        self.folder, self.segment_bytes = index.folder, segment_bytes
        self._in_use = SegmentsInUse()
        self._files: list[BinaryIO] = []  # keys and rows

    def append(self, batch: Sequence[tuple[bytes, np.ndarray]]) -> None:
        """Write the rows of some sentences, then make all of them visible at once.

        Args:
            batch: (key, rows `(tokens, layers, features)` as they lie on the disk) each.

        Raises:
            OSError: the disk is full; nothing of the batch is visible then.
        """
        num_bytes = sum(rows.nbytes for _, rows in batch)
        is_written = False
        while not is_written:  # again if another process has evicted the segment meanwhile
            self._open(num_bytes)
            keys, rows_file = self._files
            records, offset = [], rows_file.tell()
            for key, rows in batch:
                records.append((key, offset, len(rows), zlib.crc32(rows.data)))
                offset += rows.nbytes
            _append(rows_file, [rows.reshape(-1).view(np.uint8).data for _, rows in batch])
            _append(keys, [memoryview(batch_of(np.array(records, RECORD)))])
            is_written = self._is_whole()

    def close(self) -> None:
        """Leave the segment; the next batch begins another one."""
        for file in self._files:
            file.close()
        self._files = []
        self._in_use.paths.clear()

    def _open(self, num_bytes: int) -> None:
        """Begin a new segment if there is none, or it is full or no longer what was written."""
        if self._files:
            end = self._files[1].tell()
            if self._is_whole() and (not end or end + num_bytes <= self.segment_bytes):
                return
            self.close()
        stem = self.folder / f"{os.getpid()}-{secrets.token_hex(8)}"
        rows = stem.with_suffix(SEGMENT_SUFFIX)
        self._in_use.paths.add(rows)
        # The index first: rows without one are waste.
        self._files = [stem.with_suffix(KEYS_SUFFIX).open("xb", buffering=0)]
        self._files.append(rows.open("xb", buffering=0))
        _append(self._files[0], [memoryview(HEAD)])

    def _is_whole(self) -> bool:
        facts = [(os.fstat(file.fileno()), file.tell()) for file in self._files]
        return all(found.st_nlink and found.st_size == end for found, end in facts)


def _append(file: BinaryIO, parts: Sequence[memoryview]) -> None:
    end = file.tell()
    try:
        require_space(file.name, sum(map(len, parts)))
        for rest in parts:
            while rest:  # a nearly full disk takes a part
                rest = rest[file.write(rest) :]
        os.fsync(file.fileno())  # else a power cut could leave an index without its rows
    except OSError as error:
        with suppress(OSError):  # give the space back; readers map only what is indexed
            os.ftruncate(file.fileno(), end)
        file.seek(end)
        raise OSError(
            error.errno, f"{error.strerror}, what was stored before is kept", str(file.name)
        ) from error
