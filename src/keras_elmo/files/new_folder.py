"""A folder that is written beside its place and renamed when it is complete."""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from os import PathLike
from pathlib import Path

from keras_elmo.files.new_file import refuse_existing
from keras_elmo.files.space import require_space
from keras_elmo.files.work_folder import MARK, clear, move_in, work_folder, written_beside

PRESET_SIGNS = ("metadata.json", "preprocessor.json")  # each preset has one of them
# What such folders hold, later reports included. Anything else was put there by somebody.
_OURS = re.compile(
    r".+\.(json|jsonl|h5|npy|npz|keras|onnx|png)|history\.csv|((word_)?vocabulary|types)\.txt"
)


@contextmanager
def new_folder(
    path: str | PathLike[str], *, overwrite: bool = False, signs: Collection[str] = PRESET_SIGNS
) -> Iterator[Path]:
    """Yield an empty folder of the same name that takes the place of `path` at a good end.

    Args:
        path: the folder.
        overwrite: whether an older folder is replaced. It must be empty, or have one of the `signs`
            and nothing that looks like somebody's own.
        signs: files of which every such folder has one; by default those of a preset.

    Raises:
        BusyError: another command is writing it.
        FileExistsError: `path` exists and `overwrite` is false, or it is no such folder, or
            somebody else's files are in the folder beside it that is to hold the new one until
            then.
    """
    path = Path(path)
    with (
        work_folder(path) as work,
        new_folder_in(work, path, overwrite=overwrite, signs=signs) as new,
    ):
        yield new


@contextmanager
def new_folder_in(
    work: Path, path: Path, *, overwrite: bool = False, signs: Collection[str] = PRESET_SIGNS
) -> Iterator[Path]:
    """As `new_folder`, for a caller that has entered the `work_folder` of `path`."""
    check = partial(_check_place, path, overwrite, signs)
    with written_beside(work, path, check, move_in) as new:
        new.mkdir()
        require_space(new / PRESET_SIGNS[0], 0)  # before an hour of training, not after it
        yield new
    with suppress(OSError):  # the next command does it
        clear(work)


def _check_place(path: Path, overwrite: bool, signs: Collection[str]) -> None:
    """Refuse to replace what is no such folder: `--overwrite` must not empty a home."""
    refuse_existing(path, overwrite)
    if not os.path.lexists(path):
        return
    names = sorted(os.listdir(path)) if path.is_dir() else []
    others = [name for name in names if not _is_ours(path / name)]
    received = ""
    if not path.is_dir():
        received = "a file"
    elif names and not any((path / name).is_file() for name in signs):
        received = f"a folder without {' or '.join(signs)}"
    elif others:
        received = f"a folder with {others[0]!r}, which is not of what is written there"
    if received:
        raise FileExistsError(
            f"{path} is not replaced. Received: {received}. Move that away, or choose another "
            "folder."
        )


def _is_ours(path: Path) -> bool:
    if path.is_dir():  # only what a killed writer of one of these files left
        return (path / MARK).is_file()
    return _OURS.fullmatch(path.name) is not None
