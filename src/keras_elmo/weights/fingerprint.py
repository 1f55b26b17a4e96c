"""What tells one ELMo from another: a hash over its files."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from keras_elmo.weights.presets import (
    CONFIG_FILE,
    PREPROCESSOR_FILE,
    WEIGHTS_FILE,
    preset_folder,
)


def preset_files(preset: str | Path) -> list[Path]:
    """The files of a preset that decide on its features.

    Raises:
        FileNotFoundError: there is no such preset.
    """
    folder = preset_folder(preset)
    paths = (folder / name for name in (CONFIG_FILE, PREPROCESSOR_FILE, WEIGHTS_FILE))
    return [path for path in paths if path.is_file()]


def fingerprint(paths: Iterable[Path]) -> str:
    """A hash over the sizes and contents of files, whatever they are called.

    Raises:
        OSError: one cannot be read.
    """
    together = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            together.update(hashlib.file_digest(file, "sha256").digest())
    return together.hexdigest()
