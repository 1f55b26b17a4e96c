"""Checksums of a preset's files, in its metadata: a damaged file is reported by its name.

They are of the files' bytes as they were written. Folders without them are older, and are read as
they are.
"""

import hashlib
from pathlib import Path

from keras_elmo.files.json_files import read_object
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.sources.presets import (
    CONFIG_FILE,
    METADATA_FILE,
    NGRAMS_FILE,
    PREPROCESSOR_FILE,
    SOFTMAX_FILE,
    TASK_FILE,
    TASK_WEIGHTS_FILE,
    VOCABULARY_FILE,
    WEIGHTS_FILE,
)

FILES = "files"  # the entry of the metadata: name → checksum
_CHECKED = (CONFIG_FILE, WEIGHTS_FILE, PREPROCESSOR_FILE, TASK_FILE, TASK_WEIGHTS_FILE)
_CHECKED += (SOFTMAX_FILE, VOCABULARY_FILE, NGRAMS_FILE)


def checksums(folder: Path) -> dict[str, str]:
    """The checksum of each file of a preset that is read, by name."""
    return {name: _checksum(folder / name) for name in _CHECKED if (folder / name).is_file()}


def check_file(path: Path) -> None:
    """Make sure that a file of a preset is as it was written, where its metadata tell.

    Raises:
        WeightsError: the file is not as it was written, or the metadata are damaged.
    """
    metadata = path.with_name(METADATA_FILE)
    if not metadata.is_file() or not path.is_file():
        return
    recorded = read_object(metadata, WeightsError).get(FILES, {})
    if not isinstance(recorded, dict):
        raise WeightsError(f"{metadata}: {FILES!r} must be an object. Received: {recorded!r:.80}.")
    expected = recorded.get(path.name)
    if expected is not None and expected != (received := _checksum(path)):
        raise WeightsError(
            f"{path} is damaged: it must have the checksum {expected!s:.200} that {METADATA_FILE} "
            f"has of it. Received: {received}. Copy the folder once more; or, if it was changed on "
            f"purpose, remove its entry there from {FILES!r}."
        )


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32))
    return f"blake2b:{digest.hexdigest()}"
