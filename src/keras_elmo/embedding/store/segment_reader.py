"""Segments as they are read: mapped into memory, and checked when they are first touched."""

import math
import operator
import weakref
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from keras_elmo.embedding.store.errors import StoreError, repair_hint
from keras_elmo.embedding.store.folder import StoredModel
from keras_elmo.embedding.store.index import Segment

# A mapped file costs a descriptor, of which a process has some 1,000: what many short runs left in
# small segments is read instead.
_SMALL = 1_000_000


class SegmentsInUse:
    """Segments that this process reads or writes, and therefore does not evict.

    They may be evicted when the object is collected or its `paths` are cleared.
    """

    _all: "weakref.WeakSet[SegmentsInUse]" = weakref.WeakSet()

    def __init__(self) -> None:
        self.paths: set[Path] = set()
        SegmentsInUse._all.add(self)

    @classmethod
    def all_paths(cls) -> set[Path]:
        """All segments that this process uses."""
        return set().union(*(used.paths for used in list(cls._all)))


class SegmentReader:
    """Maps segments into memory and checks every sentence when it is first read.

    Args:
        folder: the folder of a model's features.
        model: the model that the rows belong to.
    """

    def __init__(self, folder: Path, model: StoredModel) -> None:
        self.folder, self.model = folder, model
        # Weak: when nobody has features of an evicted segment any more, its space comes back.
        self._opened: weakref.WeakValueDictionary[str, np.ndarray] = weakref.WeakValueDictionary()
        self._checked: set[tuple[str, int]] = set()

    def open(self, segment: Segment) -> np.ndarray:
        """The indexed rows of a segment, read-only `(tokens, layers, features)`.

        Raises:
            StoreError: the file is missing or shorter than the index says.
        """
        rows = self._opened.get(segment.name)
        if rows is None or rows.nbytes < segment.nbytes:  # or it has grown since
            rows = self._opened[segment.name] = _open_rows(self.folder, segment, self.model)
        return rows

    def read(
        self, name: str, rows: np.ndarray, offset: int, tokens: int, checksum: int
    ) -> np.ndarray:
        """The rows of a sentence: read-only `(tokens, layers, features)`.

        Raises:
            StoreError: they are not what was written.
        """
        start = offset // self.model.row_bytes
        rows = rows[start : start + tokens]
        if (name, offset) not in self._checked:
            found = zlib.crc32(rows.data)
            if len(rows) != tokens or found != checksum:
                raise StoreError(
                    f"{self.folder / name} is damaged: the {tokens} tokens at byte {offset:,} are "
                    f"not what was written (checksum {found:08x}, expected {checksum:08x}). "
                    f"{repair_hint(self.folder)}"
                )
            self._checked.add((name, offset))
        return rows


def _open_rows(folder: Path, segment: Segment, model: StoredModel) -> np.ndarray:
    path = folder / segment.name
    shape = (segment.nbytes // model.row_bytes, *model.shape)
    size = path.stat().st_size if path.is_file() else None
    if size is None or size < segment.nbytes:
        # Checked before mapping: to read behind the end of a mapped file ends the process.
        found = "no such file" if size is None else f"{size:,} bytes"
        raise StoreError(
            f"{path} is {'missing' if size is None else 'truncated'}: expected {segment.nbytes:,} "
            f"bytes, found {found}. {repair_hint(folder)}"
        )
    if segment.nbytes > _SMALL:
        return np.asarray(np.memmap(path, model.numpy_dtype, "r", shape=shape))
    rows = np.fromfile(path, model.numpy_dtype, count=math.prod(shape)).reshape(shape)
    rows.flags.writeable = False
    return rows


class StoredFeatures(Sequence[np.ndarray]):
    """Features of sentences, read when they are asked for; made by `FeatureStore.features`.

    All segments are open from the start, so other processes may evict what they like.
    """

    def __init__(
        self, reader: SegmentReader, entries: np.ndarray, segments: dict[int, Segment]
    ) -> None:
        self._reader, self._entries = reader, entries
        self.in_use = SegmentsInUse()
        self.in_use.paths.update(reader.folder / segment.name for segment in segments.values())
        self._rows = {number: (s.name, reader.open(s)) for number, s in segments.items()}

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
        return self._reader.read(*self._rows[segment], *place)
