"""The folder `NAME.unfinished`, in which an output is written beside its place.

It is marked and locked by a file that is made first and removed last. So what lies in a folder
without the mark is somebody else's, and is never touched; and what lies in a marked one that nobody
has locked was left by a killed command: the next one goes on with it or removes it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from keras_elmo.files.folder_lock import locked_folder

MARK = ".keras-elmo-unfinished"
_REPLACED = ".replaced"  # what was in the place of the output, for the moment between two renames


def work_path(output: Path) -> Path:
    """The path of the work folder of an output."""
    return output.with_name(f"{output.name}.unfinished")


@contextmanager
def work_folder(output: Path) -> Iterator[Path]:
    """Yield the work folder of an output, locked; it is removed at the end if it is empty.

    What a killed command left in it is still there, except that a replacement that it had begun
    (see `move_in`) is completed.

    Raises:
        BusyError: another command is writing the output.
        FileExistsError: somebody else's files are in the folder.
    """
    folder = work_path(output)
    if stranger := _stranger(folder):
        raise FileExistsError(
            f"{folder} is where {output.name} is written until it is whole. Received: {stranger}, "
            "which no command of keras-elmo wrote. Move it away, or choose another output."
        )
    with locked_folder(folder, lock=MARK, output=output, stays=True):
        _complete(folder, output)
        yield folder


def clear(folder: Path, keep: str = "") -> None:
    """Remove what a work folder holds beside its mark and the file `keep`."""
    for path in list(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name not in (MARK, keep):
            path.unlink()


@contextmanager
def written_beside(
    work: Path, output: Path, check: Callable[[], None], move: Callable[[Path, Path], None]
) -> Iterator[Path]:
    """Yield a place in a work folder for a new output, which is moved to its own at a good end.

    Args:
        work: the `work_folder` of the output, entered; what it holds is removed.
        output: the file or folder.
        check: raises where it may not be written; called before and after.
        move: called with the new one and `output`.

    Raises:
        OSError: it cannot be moved to its place; the message says where it is kept.
    """
    check()
    clear(work)
    new = work / output.name
    try:
        yield new
    except BaseException:
        with suppress(OSError):  # the next command does it
            clear(work)
        raise
    try:
        check()  # something may have come meanwhile
        move(new, output)
    except OSError as error:
        place = error.filename2 or error.filename
        message = f"{place}: {error.strerror}." if error.strerror else str(error)
        raise type(error)(f"{message} What was written is whole in {new}.") from error


def move_in(new: Path, output: Path) -> None:
    """Put a folder in the place of an output, in whose `work_folder` this is called.

    Whenever that is interrupted, the old one or the new one is in its place, or will be as soon as
    somebody enters the work folder again.
    """
    replaced = work_path(output) / _REPLACED
    try:
        if os.path.lexists(output):
            output.rename(replaced)
        new.rename(output)
    except BaseException:
        if os.path.lexists(replaced) and not os.path.lexists(output):
            replaced.rename(output)
        raise


def remove_folder(folder: Path) -> None:
    """Remove a folder: at one stroke out of sight, then file by file.

    Raises:
        BusyError: another command is writing it.
    """
    with work_folder(folder) as work:
        folder.rename(work / "removed")
        clear(work)


def remove_unfinished(output: Path) -> None:
    """Remove what a killed command left of an output; what is somebody else's stays."""
    folder = work_path(output)
    if os.path.lexists(folder) and not _stranger(folder):
        with work_folder(output):
            clear(folder)


def _complete(folder: Path, output: Path) -> None:
    """Where a kill came between the two renames of `move_in`: the new one if it is here."""
    replaced, new = folder / _REPLACED, folder / output.name
    if os.path.lexists(replaced) and not os.path.lexists(output):
        (new if os.path.lexists(new) else replaced).rename(output)


def _stranger(folder: Path) -> str:
    """Something in the place of a work folder that is somebody else's; empty if there is none."""
    names: list[str] = []
    with suppress(FileNotFoundError):
        if not folder.is_dir() and os.path.lexists(folder):
            return "a file"
        names = sorted(os.listdir(folder))
    return f"a folder with {names[0]!r}" if names and MARK not in names else ""
