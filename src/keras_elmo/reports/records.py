"""The record of a run: JSON, the history as CSV, and what made it."""

import csv
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np

from keras_elmo._version import __version__
from keras_elmo.files.new_file import new_file


def write_json(value: Any, path: str | PathLike[str]) -> None:
    """Write JSON, replacing an older file."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    with new_file(path, overwrite=True) as unfinished:
        unfinished.write_text(text + "\n", encoding="utf-8")


def write_history(rows: Iterable[Mapping[str, float]], path: str | PathLike[str]) -> None:
    """Write a row an epoch (or evaluation) as CSV, replacing an older file."""
    rows = list(rows)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with (
        new_file(path, overwrite=True) as unfinished,
        unfinished.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def command_record(arguments: Sequence[str], seed: int | None = None) -> dict[str, Any]:
    """The exact command and the versions that it ran with."""
    import keras  # not on top: measures of an exported model are written without it

    return {
        "command": list(arguments),
        "seed": seed,
        "keras_elmo": __version__,
        "keras": keras.__version__,
        "backend": keras.config.backend(),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
