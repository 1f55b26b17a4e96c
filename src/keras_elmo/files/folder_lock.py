"""A lock on a folder: one process at a time, and free again when the process dies."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

LOCK = ".keras-elmo-lock"


class BusyError(ValueError):
    """Another process has the lock."""


@contextmanager
def locked_folder(
    folder: Path, *, lock: str = LOCK, output: Path | None = None, stays: bool = False
) -> Iterator[None]:
    """Make the folder if there is none and keep others out of it; an empty one is removed again.

    Args:
        folder: the folder to work in.
        lock: name of the file in it that is locked.
        output: what is written, for the error message; by default the folder.
        stays: whether the file is left among others, as a sign of whose they are.

    Raises:
        BusyError: another process works in the folder.
    """
    file = _lock_file(folder, lock, output or folder)
    try:
        yield
    finally:
        if not stays or _holds_only(folder, lock):
            with suppress(OSError):  # Windows keeps files that are open
                (folder / lock).unlink()
            file.close()  # which gives the lock back
            if os.name == "nt":
                with suppress(OSError):
                    (folder / lock).unlink()
            with suppress(OSError):
                folder.rmdir()
        file.close()


def remove_stale_lock(folder: Path) -> None:
    """Remove the lock that a killed process left, if one did and nobody has it now."""
    if (folder / LOCK).exists():
        with suppress(BusyError), locked_folder(folder):
            pass


def _lock_file(folder: Path, lock: str, output: Path) -> IO[bytes]:
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            file = (folder / lock).open("ab")
        except FileNotFoundError:
            continue  # the other command ended, and removed its folder, just now
        if _is_taken(file):
            file.close()
            raise BusyError(
                f"another command is writing {output}. Wait until it has ended, or choose another "
                "output (on the command line -o)."
            )
        if _is_still_there(folder / lock, file):
            return file
        file.close()  # likewise


def _holds_only(folder: Path, name: str) -> bool:
    return all(path.name == name for path in folder.glob("*"))


def _is_still_there(path: Path, file: IO[bytes]) -> bool:
    return path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())


def _is_taken(file: IO[bytes]) -> bool:
    """Lock a file, and return whether another process was quicker."""
    try:
        _lock(file)
    except (BlockingIOError, PermissionError):
        return True
    except OSError:  # a file system without locks, where two must not be started at once
        return False
    return False


def _lock(file: IO[bytes]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # pyright: ignore[reportAttributeAccessIssue]
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
