"""The index of stored features in SQLite: which sentence lies where, and with which checksum."""

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_elmo.embedding.store.database import (
    DISK_ERRORS,
    connect,
    connect_to_read,
    sqlite_errors,
)

ENTRY = np.dtype([("segment", "i8"), ("offset", "i8"), ("tokens", "i8"), ("crc", "u4")])
_ABSENT = (-1, 0, 0, 0)


class Segment(NamedTuple):
    """A file of rows: its first `nbytes` are indexed; `used` is when a process last wanted it."""

    name: str
    nbytes: int
    used: float


class Totals(NamedTuple):
    """What a store holds."""

    sentences: int
    tokens: int
    nbytes: int
    used: float


class StoreIndex:
    """One connection to an index, which threads may share.

    Args:
        path: the file. Where it or its folder cannot be written, or nothing fits on the disk, it
            is opened for reading, and `read_only` is true.

    Raises:
        StoreError: the file is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read_only = not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
        self._lock = threading.RLock()
        with sqlite_errors(path):
            if not path.is_file():
                raise sqlite3.DatabaseError("there is no such file")
            self._database = self._connect()
        self._finalizer = weakref.finalize(self, self._database.close)

    def _connect(self) -> sqlite3.Connection:
        if not self.read_only:
            try:
                return connect(self.path, "mode=rw")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in DISK_ERRORS:
                    raise
                self.read_only = True  # a disk so full that not even a lock file fits
        return connect_to_read(self.path)

    def close(self) -> None:
        """Close the connection."""
        self._finalizer()

    def lookup(self, keys: Sequence[bytes]) -> tuple[np.ndarray, dict[int, Segment]]:
        """Where sentences lie: `ENTRY` `(sentences,)`, segment -1 if not stored; the segments."""
        query = "SELECT segment, offset, tokens, crc FROM sentences WHERE key = ?"
        with self._transaction("BEGIN") as execute:
            rows = (execute(query, (key,)).fetchone() or _ABSENT for key in keys)
            entries = np.fromiter(rows, ENTRY, count=len(keys))
            return entries, _segments(execute)

    def segments(self) -> dict[int, Segment]:
        """All segments by number."""
        with self._transaction("BEGIN") as execute:
            return _segments(execute)

    def entries(self, segment: int) -> list[tuple[bytes, int, int, int]]:
        """Key, offset, tokens and checksum of what a segment holds, in the order of the file."""
        query = "SELECT key, offset, tokens, crc FROM sentences WHERE segment = ? ORDER BY offset"
        with self._transaction("BEGIN") as execute:
            return execute(query, (segment,)).fetchall()

    def totals(self) -> Totals:
        """Sentences, tokens, indexed bytes and the last use."""
        with self._transaction("BEGIN") as execute:
            sentences = execute("SELECT count(*), total(tokens) FROM sentences").fetchone()
            files = execute("SELECT total(nbytes), max(used) FROM segments").fetchone()
            return Totals(sentences[0], int(sentences[1]), int(files[0]), files[1] or 0.0)

    def register(self, name: str) -> int:
        """Announce a segment before its file exists, so that a file without a number is waste."""
        with self._transaction() as execute:
            query = "INSERT INTO segments (name, nbytes, used) VALUES (?, 0, ?)"
            return execute(query, (name, time.time())).lastrowid

    def commit(self, segment: int, nbytes: int, entries: Iterable[tuple]) -> bool:
        """Make sentences visible, all or none; the first of a key stays.

        Args:
            segment: number of the segment.
            nbytes: size of its file, with the rows of these sentences.
            entries: (key, offset, tokens, checksum) of each sentence.

        Returns:
            False if another process evicted the segment in between.
        """
        with self._transaction() as execute:
            update = "UPDATE segments SET nbytes = ?, used = ? WHERE id = ?"
            if not execute(update, (nbytes, time.time(), segment)).rowcount:
                return False
            insert = "INSERT OR IGNORE INTO sentences VALUES (?, ?, ?, ?, ?)"
            for key, *place in entries:
                execute(insert, (key, segment, *place))
            return True

    def touch(self, segments: Iterable[int]) -> None:
        """Note that segments are wanted now."""
        with self._transaction() as execute:
            for segment in segments:
                execute("UPDATE segments SET used = ? WHERE id = ?", (time.time(), segment))

    def drop_segment(self, segment: int) -> None:
        """Forget a segment and all its sentences."""
        with self._transaction() as execute:
            execute("DELETE FROM sentences WHERE segment = ?", (segment,))
            execute("DELETE FROM segments WHERE id = ?", (segment,))

    def drop_sentences(self, segment: int, keys: Iterable[bytes]) -> None:
        """Forget some sentences of a segment."""
        with self._transaction() as execute:
            for key in keys:
                execute("DELETE FROM sentences WHERE key = ? AND segment = ?", (key, segment))

    def shrink(self, segment: int, nbytes: int) -> None:
        """Promise no more than the first bytes of a segment."""
        with self._transaction() as execute:
            update = "UPDATE segments SET nbytes = min(nbytes, ?) WHERE id = ?"
            execute(update, (nbytes, segment))

    def check(self) -> None:
        """Read every page.

        Raises:
            StoreError: the index is damaged.
        """
        with self._transaction("BEGIN") as execute:
            found = execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(found)

    @contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator:
        with self._lock, sqlite_errors(self.path):
            self._database.execute(begin)
            try:
                yield self._database.execute
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:  # SQLite itself rolls back on a full disk
                    self._database.execute("ROLLBACK")
                raise


def _segments(execute: Any) -> dict[int, Segment]:
    rows = execute("SELECT id, name, nbytes, used FROM segments")
    return {number: Segment(*facts) for number, *facts in rows}
