"""What an unfinished job writes down about itself: `done.json`."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from keras_elmo.files.json_files import read_object

DONE = "done.json"
_NOT_COMPARED = ("model_name",)

Job = dict[str, str | int | bool | None]


@dataclass
class Done:
    """How far a job is.

    Args:
        job: everything that shapes the numbers.
        sentences, tokens: how many are done.
        sha256: hash over these sentences.
        layers: numbers of the layers that are kept.
        shape: shape of one row.
        sizes: sizes of the files in bytes; what stands behind them was not finished.
        outputs: names of the files that are whole and only remain to be moved to their places.
    """

    job: Job = field(default_factory=dict)
    sentences: int = 0
    tokens: int = 0
    sha256: str = hashlib.sha256().hexdigest()
    layers: list[int] = field(default_factory=list)
    shape: list[int] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path, *, restart: bool = False) -> Self:
        """Read the record of a folder; without one nothing is done.

        Raises:
            ValueError: the record is damaged, and `restart` is false.
        """
        path = folder / DONE
        if not path.exists():
            return cls()
        try:
            found, expected = read_object(path), asdict(cls())
            if any(type(found[name]) is not type(expected.get(name)) for name in found):
                raise TypeError(f"other entries: {found!r:.200}")
            if found.get("job", {}).get("mix") == "average":  # what earlier versions called it
                found["job"]["mix"] = "mean"
            return cls(**found)
        except (ValueError, TypeError) as error:
            if restart:
                return cls()
            raise ValueError(
                f"{path} is damaged. Received: {error}. Begin anew with `--restart`."
            ) from error

    def write(self, folder: Path) -> None:
        """Write the record: whole or not at all, even after a power cut."""
        path = folder / DONE
        beside = path.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)

    def changes(self, job: Job) -> str:
        """How a job differs from the one that was begun; empty if it does not."""
        changed = [key for key in job if key not in _NOT_COMPARED and self.job.get(key) != job[key]]
        return ", ".join(_change(key, self.job, job) for key in changed)


def sentence_line(tokens: Sequence[str]) -> bytes:
    """A sentence as a line of JSON, for the file of tokens and for the hash."""
    return json.dumps(list(tokens)).encode() + b"\n"


def _change(key: str, old: Job, new: Job) -> str:
    if key != "model":
        return f"{key} {old.get(key)!r} (now {new[key]!r})"
    before, now = old.get("model_name"), new.get("model_name")
    return f"the files of the model {now}" if before == now else f"model {before} (now {now})"
