"""The folder of a prepared corpus: what it was made of, and how it comes to be there whole."""

import hashlib
import json
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from keras_elmo.files.json_files import read_object
from keras_elmo.files.lines import DataError
from keras_elmo.files.opening import check_file
from keras_elmo.pretraining.text_blocks import no_words

REPORT = "corpus.json"
_FORMAT = 2  # a change of what is written for the same bytes needs another number


def read_report(folder: str | PathLike[str]) -> dict[str, Any]:
    """What `corpus.json` holds; nothing if no corpus is there."""
    path = Path(folder) / REPORT
    return read_object(path) if path.exists() else {}


def check_texts(paths: Sequence[Path], **numbers: tuple[int, int]) -> None:
    """Refuse what cannot be prepared; `numbers` are arguments with the least they may be.

    Raises:
        ValueError: a number below its least, no paths.
        DataError: an empty file, or a stream.
        FileNotFoundError, IsADirectoryError: a path is no file.
    """
    for name, (number, least) in numbers.items():
        if number < least:
            raise ValueError(f"{name} must be at least {least}. Received: {number}")
    if not paths:
        raise ValueError("expected one text file at least. Received: no paths.")
    for path in paths:  # all of them before an hour of reading, not after it
        check_file(path)
        if not path.is_file():
            raise DataError(
                f"{path}: is read twice, so it must be a file. Write the stream to one."
            )
        if not path.stat().st_size:
            raise no_words(path)


def recipe_of(paths: Sequence[Path], max_length: int, max_types: int) -> dict[str, Any]:
    """What the result depends on: not the names of the files, but their bytes and order."""
    digests = []
    for path in paths:
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "blake2b").hexdigest())
    recipe = {"format": _FORMAT, "max_length": max_length, "max_types": max_types}
    whole = json.dumps([recipe, digests]).encode()
    return {"fingerprint": hashlib.blake2b(whole, digest_size=16).hexdigest(), **recipe}
