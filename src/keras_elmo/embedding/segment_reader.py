"""Segments as they are read: mapped into memory, and checked when they are first touched."""

import operator
import weakref
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from keras_elmo.embedding.errors import StoreError, repair_hint
from keras_elmo.embedding.store_folder import StoredModel
from keras_elmo.embedding.store_index import Segment


class Hold:
    """Segments that this process reads or writes: its own evictions pass them by.

    They are let go when the hold is collected or its `paths` are cleared.
    """

    _all: "weakref.WeakSet[Hold]" = weakref.WeakSet()

    def __init__(self) -> None:
        self.paths: set[Path] = set()
        Hold._all.add(self)

    @classmethod
    def all_paths(cls) -> set[Path]:
        """What any hold of this process holds."""
        return set().union(*(hold.paths for hold in list(cls._all)))


class SegmentReader:
    """Maps segments into memory and checks every sentence when it is first read.

    Args:
        folder: of a model.
        model: whose rows these are.
    """

    def __init__(self, folder: Path, model: StoredModel) -> None:
        self.folder, self.model = folder, model
        self._mapped: dict[str, np.ndarray] = {}
        self._checked: set[tuple[str, int]] = set()

    def read(self, segment: Segment, offset: int, tokens: int, crc: int) -> np.ndarray:
        """The rows of a sentence: read-only `(tokens, layers, features)`.

        Raises:
            StoreError: the segment is missing or too short, or the rows are not what was written.
        """
        start = offset // self.model.row_bytes
        rows = self._rows(segment)[start : start + tokens]
        place = segment.name, offset
        if place not in self._checked:
            if len(rows) != tokens or zlib.crc32(rows.data) != crc:
                path = self.folder / segment.name
                raise StoreError(
                    f"{path} is damaged: the {tokens} tokens at byte {offset:,} are not what was "
                    f"written (checksum {zlib.crc32(rows.data):08x}, expected {crc:08x}). "
                    f"{repair_hint(self.folder)}"
                )
            self._checked.add(place)
        return rows

    def _rows(self, segment: Segment) -> np.ndarray:
        rows = self._mapped.get(segment.name)
        if rows is None or rows.nbytes < segment.nbytes:  # or it has grown since
            rows = self._mapped[segment.name] = map_rows(self.folder, segment, self.model)
        return rows


def map_rows(folder: Path, segment: Segment, model: StoredModel) -> np.ndarray:
    """The indexed rows of a segment, read-only `(tokens, layers, features)`.

    Raises:
        StoreError: the file is missing or shorter than the index says.
    """
    path = folder / segment.name
    shape = (segment.nbytes // model.row_bytes, *model.shape)
    if not shape[0]:  # sentences without tokens only; nothing can be mapped
        return np.empty(shape, model.numpy_dtype)
    size = path.stat().st_size if path.is_file() else None
    if size is None or size < segment.nbytes:
        # Checked before mapping: to read behind the end of a mapped file ends the process.
        found = "no such file" if size is None else f"{size:,} bytes"
        raise StoreError(
            f"{path} is {'missing' if size is None else 'truncated'}: expected {segment.nbytes:,} "
            f"bytes, found {found}. {repair_hint(folder)}"
        )
    return np.asarray(np.memmap(path, model.numpy_dtype, "r", shape=shape))


class StoredFeatures(Sequence[np.ndarray]):
    """Features of sentences, read when they are asked for; made by `FeatureStore.features`."""

    def __init__(
        self, reader: SegmentReader, entries: np.ndarray, segments: dict[int, Segment]
    ) -> None:
        self._reader, self._entries, self._segments = reader, entries, segments
        self.hold = Hold()

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: slice) -> list[np.ndarray]: ...
    def __getitem__(self, index: Any) -> np.ndarray | list[np.ndarray]:
        """Features of a sentence, or a list of them for a slice."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        segment, *place = self._entries[operator.index(index)].item()
        return self._reader.read(self._segments[segment], *place)
