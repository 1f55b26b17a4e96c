"""The index of stored features: which sentence lies where, and with which checksum.

Beside each segment `NAME.rows` lies `NAME.keys`: batches of records, one a sentence, which are
appended after their rows are on the disk. Only the process that began a segment appends to it, so
nothing is locked. What a kill left unfinished at the end of either file is passed over.
"""

import os
import struct
import threading
import zlib
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_elmo.embedding.store.errors import StoreError, command
from keras_elmo.embedding.store.folder import KEYS_SUFFIX, SEGMENT_SUFFIX

RECORD = np.dtype([("key", "V16"), ("offset", "<i8"), ("tokens", "<i4"), ("crc", "<u4")])
ENTRY = np.dtype([("segment", "i8"), ("offset", "i8"), ("tokens", "i8"), ("crc", "u4")])
HEAD = b"keras-elmo keys\n"
_BATCH = struct.Struct("<II")  # number of records, and their checksum


class Segment(NamedTuple):
    """A file of rows.

    Attributes:
        name: name of the file.
        nbytes: how many bytes are indexed, from the beginning of the file.
        used: when a process last wanted it.
        inode, size: those of its index.
        records: `RECORD` `(sentences,)`.
        rest: how many bytes at the end of the index are no whole batch.
    """

    name: str
    nbytes: int
    used: float
    inode: int
    size: int
    records: np.ndarray
    rest: int


class Totals(NamedTuple):
    """What a store holds."""

    sentences: int
    tokens: int
    nbytes: int
    used: float


class StoreIndex:
    """The sentences of all segments of a folder, which threads may share.

    Args:
        folder: the folder of a model's features.
        row_bytes: bytes of a token.
    """

    def __init__(self, folder: Path, row_bytes: int) -> None:
        self.folder, self._row_bytes = folder, row_bytes
        self.read_only = not os.access(folder, os.W_OK)
        self._lock = threading.Lock()
        self._segments: dict[str, Segment] = {}  # in the order in which they were found
        self._places: dict[bytes, int] = {}  # of each sentence: segment << 32 | record
        self._is_closed = False

    def close(self) -> None:
        """Look nothing up any more."""
        self._is_closed = True

    def lookup(self, keys: Sequence[bytes]) -> tuple[np.ndarray, list[Segment]]:
        """Where sentences lie.

        Returns:
            `ENTRY` `(sentences,)`, with the place of the segment in the list of all, -1 where a
            sentence is not stored; and this list.
        """
        with self._lock:
            self._refresh()
            places = (self._places.get(key, -1) for key in keys)
            return self._entries(np.fromiter(places, np.int64, len(keys)))

    def segments(self) -> dict[str, Segment]:
        """All segments by name."""
        with self._lock:
            self._refresh()
            return dict(self._segments)

    def totals(self) -> Totals:
        """Sentences, tokens, indexed bytes and the last use."""
        with self._lock:
            self._refresh()
            places = np.fromiter(self._places.values(), np.int64, len(self._places))
            entries, segments = self._entries(places)
        nbytes = sum(segment.nbytes for segment in segments)
        used = max((segment.used for segment in segments if segment.nbytes), default=0.0)
        return Totals(len(entries), int(entries["tokens"].sum()), nbytes, used)

    def touch(self, segments: Iterable[Segment]) -> None:
        """Note that segments are wanted now."""
        for segment in segments:
            with suppress(FileNotFoundError):  # evicted this moment
                os.utime(self._keys(segment.name))

    def drop_sentences(self, segment: Segment, keys: Collection[bytes]) -> None:
        """Forget some sentences of a segment; a process that writes to it goes on elsewhere."""
        records = segment.records
        kept = records[np.array([key not in keys for key in keys_of(records)], bool)]
        path = self._keys(segment.name)
        beside = path.with_suffix(".new")
        beside.write_bytes(HEAD + batch_of(kept))
        os.replace(beside, path)

    def _entries(self, places: np.ndarray) -> tuple[np.ndarray, list[Segment]]:
        entries, segments = np.zeros(len(places), ENTRY), list(self._segments.values())
        entries["segment"] = places >> 32
        for number, segment in enumerate(segments):
            here = entries["segment"] == number
            found = segment.records[places[here] & 0xFFFFFFFF]
            for name in ("offset", "tokens", "crc"):
                entries[name][here] = found[name]
        return entries, segments

    def _keys(self, name: str) -> Path:
        return self.folder / name.replace(SEGMENT_SUFFIX, KEYS_SUFFIX)

    def _refresh(self) -> None:
        """Read what has changed on the disk."""
        if self._is_closed:
            raise ValueError(f"{self.folder} was closed. Open the store anew.")
        found = {}
        for path in sorted(self.folder.glob(f"*{KEYS_SUFFIX}")):
            with suppress(FileNotFoundError):  # evicted this moment
                found[path.with_suffix(SEGMENT_SUFFIX).name] = path.stat()
        known = self._segments
        if not all(name in found and _has_grown(known[name], found[name]) for name in known):
            known.clear()
            self._places.clear()
        for name, facts in found.items():
            with suppress(FileNotFoundError):
                self._read(name, facts)

    def _read(self, name: str, facts: os.stat_result) -> None:
        known = self._segments.get(name)
        if known and known.size == facts.st_size:
            self._segments[name] = known._replace(used=facts.st_mtime)
            return
        records, rest = _read_keys(self._keys(name))
        ends = records["offset"] + records["tokens"].astype(np.int64) * self._row_bytes
        nbytes = int(ends.max(initial=0))
        size = facts.st_size
        self._segments[name] = Segment(
            name, nbytes, facts.st_mtime, facts.st_ino, size, records, rest
        )
        first = len(known.records) if known else 0
        begin = (list(self._segments).index(name) << 32) + first
        for place, key in enumerate(keys_of(records[first:]), begin):
            self._places.setdefault(key, place)


def _has_grown(known: Segment, facts: os.stat_result) -> bool:
    """Whether an index is the one that was read, and not shorter: it was not evicted or mended."""
    return known.inode == facts.st_ino and known.size <= facts.st_size


def keys_of(records: np.ndarray) -> list[bytes]:
    """The keys of some records."""
    data = records["key"].tobytes()
    return [data[i : i + 16] for i in range(0, len(data), 16)]


def batch_of(records: np.ndarray) -> bytes:
    """A batch of records as it is appended to an index."""
    data = records.tobytes()
    return _BATCH.pack(len(records), zlib.crc32(data)) + data


def _read_keys(path: Path) -> tuple[np.ndarray, int]:
    """The records of an index up to the last whole batch, and how many bytes follow.

    Raises:
        StoreError: it does not begin as an index does.
    """
    data = path.read_bytes()
    if data and not data.startswith(HEAD):
        fix = command(path.parent, f"clear {path.parent.name}")
        raise StoreError(
            f"{path} is damaged or no index of stored features. Received: {data[:16]!r}. {fix} "
            "removes this model's features; they are computed anew when they are needed."
        )
    batches, at = [np.empty(0, RECORD)], min(len(HEAD), len(data))
    while at + _BATCH.size <= len(data):
        count, checksum = _BATCH.unpack_from(data, at)
        end = at + _BATCH.size + count * RECORD.itemsize
        batch = data[at + _BATCH.size : end]
        if end > len(data) or zlib.crc32(batch) != checksum:
            break
        batches.append(np.frombuffer(batch, RECORD))
        at = end
    return np.concatenate(batches), len(data) - at
