"""A lock on a folder: one process at a time, and free again when the process dies."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

LOCK = "lock"


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Make the folder if there is none and keep others out of it; an empty one is removed again.

    Raises:
        ValueError: another process works in it.
    """
    file = _lock_file(folder)
    try:
        yield
    finally:
        with suppress(OSError):  # Windows keeps files that are open
            (folder / LOCK).unlink()
        file.close()  # which gives the lock back
        with suppress(OSError):
            folder.rmdir()


def _lock_file(folder: Path) -> IO[bytes]:
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            file = (folder / LOCK).open("ab")
        except FileNotFoundError:
            continue  # the other command ended, and removed its folder, just now
        try:
            _lock(file)
        except OSError:
            file.close()
            raise ValueError(
                f"another command is writing to {folder}. Wait for it, or choose another output."
            ) from None
        if _is_still_there(folder / LOCK, file):
            return file
        file.close()  # likewise


def _is_still_there(path: Path, file: IO[bytes]) -> bool:
    return path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())


def _lock(file: IO[bytes]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # pyright: ignore[reportAttributeAccessIssue]
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
