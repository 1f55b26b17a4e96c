"""SQLite as stored features use it: the schema, connections, and errors that say what to do."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keras_elmo.embedding.store.errors import StoreError, command

_WAIT = 60.0  # seconds that a writer waits for another one
# AUTOINCREMENT: the number of an evicted segment never comes back for another file.
_SCHEMA = """
CREATE TABLE segments (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
    nbytes INTEGER NOT NULL, used REAL NOT NULL);
CREATE TABLE sentences (key BLOB PRIMARY KEY, segment INTEGER NOT NULL, offset INTEGER NOT NULL,
    tokens INTEGER NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX of_segment ON sentences (segment);
"""
DISK_ERRORS = {
    sqlite3.SQLITE_FULL: (errno.ENOSPC, "No space left on device, what was stored before is kept"),
    sqlite3.SQLITE_IOERR: (errno.EIO, "the disk failed, what was stored before is kept"),
    sqlite3.SQLITE_BUSY: (errno.EBUSY, f"another process has written for more than {_WAIT:.0f} s"),
    sqlite3.SQLITE_PROTOCOL: (errno.EBUSY, "other processes kept it locked"),
    sqlite3.SQLITE_READONLY: (errno.EACCES, ""),
    sqlite3.SQLITE_CANTOPEN: (errno.EACCES, ""),
    sqlite3.SQLITE_PERM: (errno.EACCES, ""),
}


def create_index(path: Path) -> None:
    """Write an empty index."""
    with sqlite_errors(path):
        database = sqlite3.connect(path, isolation_level=None)
        try:
            # Readers and a writer do not wait for each other; the file remembers this mode.
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_SCHEMA)
        finally:
            database.close()


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open an index with a mode of SQLite's URIs and read its first page."""
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=_WAIT,
        isolation_level=None,  # transactions are begun by name
        check_same_thread=False,  # the lock of `StoreIndex` keeps threads apart
    )
    try:
        # A power cut may undo the last commits, but never leaves half of one.
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("SELECT count(*) FROM segments")
    except BaseException:
        database.close()
        raise
    return database


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open an index in a place that cannot be written."""
    try:
        return connect(path, "mode=ro")
    except sqlite3.OperationalError:
        # SQLite wants to write a lock file beside the index. Nobody can here, so nobody changes
        # it either - unless a log of changes lies there, which must not be passed over.
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise
        return connect(path, "immutable=1")


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Say what SQLite's errors mean here.

    Raises:
        OSError: the disk is full or fails, or the index cannot be written or stays locked.
        StoreError: the index is damaged.
    """
    try:
        yield
    except sqlite3.ProgrammingError as error:
        if "closed" not in str(error):
            raise
        raise ValueError(f"{path.parent} was closed. Open the store anew.") from error
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in DISK_ERRORS:
            number, message = DISK_ERRORS[code]
            message = message or os.strerror(number)
            raise OSError(number, f"{message} (SQLite: {error})", str(path)) from error
        fix = command(path.parent, f"clear {path.parent.name}")
        raise StoreError(
            f"{path} is damaged or no index of stored features. Received: {error}. "
            f"{fix} removes this model's features; they are computed anew when they are needed."
        ) from error
