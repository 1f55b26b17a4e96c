"""A file that is written beside its place and renamed when it is complete."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from os import PathLike
from pathlib import Path

from keras_elmo.files.work_folder import work_folder, written_beside


@contextmanager
def new_file(path: str | PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Yield the path of a file of the same name that takes the place of `path` at a good end.

    Raises:
        BusyError: another command is writing it.
        FileExistsError: `path` exists and `overwrite` is false, or somebody else's files are in the
            folder beside it that is to hold the new one until then.
        FileNotFoundError: its folder does not exist.
        IsADirectoryError: `path` is a folder.
    """
    path = Path(path)
    check_place(path)
    check = partial(refuse_existing, path, overwrite)
    with (
        work_folder(path) as work,
        written_beside(work, path, check, os.replace) as new,
    ):
        yield new


def check_new_file(path: Path, *, overwrite: bool = False) -> None:
    """Raise where there is no place for a new file."""
    check_place(path)
    refuse_existing(path, overwrite)


def check_place(path: Path) -> None:
    """Raise where there can be no file.

    Raises:
        FileNotFoundError: its folder does not exist.
        IsADirectoryError: `path` is a folder.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{path} cannot be written: there is no folder {path.parent}. Make it first."
        )


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Raise if something is there that may not be replaced.

    Raises:
        FileExistsError: something is there and `overwrite` is false.
    """
    if os.path.lexists(path) and not overwrite:
        raise FileExistsError(
            f"{path} exists already and is left as it is. Choose another name or allow to "
            "replace it (`overwrite=True`, on the command line `--overwrite`)."
        )
