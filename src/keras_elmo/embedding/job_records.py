"""What an unfinished job writes down about itself: `job.json` and `done.json`."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from keras_elmo.text.json_files import read_object

JOB, DONE = "job.json", "done.json"
_ONLY_TOLD = ("model_name",)

Job = dict[str, str | int | bool | None]


@dataclass
class Done:
    """How far the job is.

    Args:
        sentences, tokens: that are done.
        sha256: over these sentences.
        layers: numbers of the layers that are kept.
        shape: of one row.
        sizes: of the files, in bytes; what stands behind was not finished.
    """

    sentences: int = 0
    tokens: int = 0
    sha256: str = hashlib.sha256().hexdigest()
    layers: list[int] = field(default_factory=list)
    shape: list[int] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """What the folder says; nothing is done if it says nothing."""
        path = folder / DONE
        if not path.exists():
            return cls()
        found = read_object(path)
        expected = asdict(cls())
        if found.keys() != expected.keys() or any(
            type(found[name]) is not type(expected[name]) for name in expected
        ):
            raise ValueError(
                f"{path}: must say how far the work is. Received: {found!r:.200}. Begin anew "
                "with `--restart`."
            )
        return cls(**found)

    def write(self, folder: Path) -> None:
        """Put it on the disk."""
        _replace(folder / DONE, asdict(self))


def write_job(folder: Path, job: Job) -> None:
    """Put on the disk what the job was asked for."""
    _replace(folder / JOB, job)


def changes(folder: Path, job: Job) -> str:
    """What of a job is another than what the folder was begun with; empty if nothing is."""
    old: Job = read_object(folder / JOB)
    changed = [key for key in job if key not in _ONLY_TOLD and old.get(key) != job[key]]
    return ", ".join(_change(key, old, job) for key in changed)


def sentence_line(tokens: Sequence[str]) -> bytes:
    """A sentence as a line of JSON, for the file of tokens and for the hash."""
    return json.dumps(list(tokens)).encode() + b"\n"


def _change(key: str, old: Job, new: Job) -> str:
    if key != "model":
        return f"{key} {old.get(key)!r} (now {new[key]!r})"
    before, now = old.get("model_name"), new.get("model_name")
    return f"the files of the model {now}" if before == now else f"model {before} (now {now})"


def _replace(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file that is there whole or not at all, even after a power cut."""
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
