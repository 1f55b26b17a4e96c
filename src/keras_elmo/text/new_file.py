"""A file that is written beside its place and renamed when it is complete."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path


@contextmanager
def new_file(path: str | PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Yield the path of a file beside `path` that takes its place when the block ends well.

    Raises:
        FileExistsError: `path` exists and `overwrite` is false.
        FileNotFoundError: its folder does not exist.
        IsADirectoryError: it is a folder.
    """
    path = Path(path)
    check_new_file(path, overwrite=overwrite)
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        yield unfinished
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def check_new_file(path: Path, *, overwrite: bool = False) -> None:
    """Raise where `new_file` would."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{path} cannot be written: there is no folder {path.parent}. Make it first."
        )
    refuse_existing(path, overwrite)


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Raise if something is there that may not be replaced.

    Raises:
        FileExistsError: it is.
    """
    if path.exists() and not overwrite:
        raise FileExistsError(
            f"{path} exists already and is left as it is. Choose another name or allow to "
            "replace it (`overwrite=True`, on the command line `--overwrite`)."
        )
