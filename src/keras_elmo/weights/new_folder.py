"""A folder that is written beside its place and renamed when it is complete."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from keras_elmo.text.new_file import refuse_existing
from keras_elmo.weights.presets import METADATA_FILE, PREPROCESSOR_FILE
from keras_elmo.weights.space import require_space


@contextmanager
def new_folder(path: str | PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Yield an empty folder beside `path` that takes its place when the block ends well.

    Raises:
        FileExistsError: `path` exists and `overwrite` is false, or it holds something else than a
            preset, which is never replaced.
    """
    path = Path(path)
    refuse_existing(path, overwrite)
    if path.exists() and not _may_be_replaced(path):
        raise FileExistsError(
            f"{path} is no preset, so it is not overwritten. Choose another folder or empty it."
        )
    unfinished = path.with_name(f"{path.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        require_space(unfinished / METADATA_FILE, 0)  # before an hour of training, not after it
        yield unfinished
        replaced = path.with_name(f"{path.name}.replaced")
        shutil.rmtree(replaced, ignore_errors=True)
        if path.exists():
            path.rename(replaced)
        unfinished.rename(path)
        shutil.rmtree(replaced, ignore_errors=True)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _may_be_replaced(path: Path) -> bool:
    """Whether a path is a preset or an empty folder: `--overwrite` must not empty a home."""
    ours = (METADATA_FILE, PREPROCESSOR_FILE)
    return path.is_dir() and (
        any((path / name).is_file() for name in ours) or not any(path.iterdir())
    )
