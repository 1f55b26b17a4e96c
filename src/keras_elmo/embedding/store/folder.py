"""The folder of one model's features: made whole beside and renamed, removed with care."""

import json
import os
import re
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from keras_elmo.embedding.store.errors import StoreError, command
from keras_elmo.files.folder_lock import BusyError
from keras_elmo.files.json_files import read_object
from keras_elmo.files.new_folder import new_folder
from keras_elmo.files.work_folder import remove_folder

MODEL_FILE, SEGMENT_SUFFIX, KEYS_SUFFIX = "model.json", ".rows", ".keys"
_OLD_INDEX = "index.sqlite"  # of version 1
DTYPES = ("float16", "float32")
_FORMAT, _VERSION = "keras-elmo features", 2
_FOLDER = re.compile(r"[0-9A-Za-z_-]+-float(16|32)-\d+x\d+")
_SECONDS = 60.0  # that another process may take to make a store: it takes milliseconds
_OURS = re.compile(r"model\.json|index\.sqlite(-wal|-shm|-journal)?|.*\.(rows|keys|new)")


@dataclass(frozen=True)
class StoredModel:
    """Whose features a folder holds: `layers` x `features` numbers a token."""

    fingerprint: str
    layers: int
    features: int
    dtype: str
    name: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9A-Za-z_-]{1,100}", self.fingerprint):
            raise ValueError(
                "`fingerprint` must be 1 to 100 letters, digits, - or _. "
                f"Received: {self.fingerprint!r}"
            )
        if self.dtype not in DTYPES:
            raise ValueError(f"`dtype` must be one of {DTYPES}. Received: {self.dtype!r}")
        if self.layers < 1 or self.features < 1:
            raise ValueError(
                "`shape` must be two positive numbers, (layers, features). "
                f"Received: {(self.layers, self.features)}"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Layers and features of a token."""
        return self.layers, self.features

    @property
    def numpy_dtype(self) -> np.dtype:
        """The type on disk: little-endian on every machine."""
        return np.dtype(self.dtype).newbyteorder("<")

    @property
    def row_bytes(self) -> int:
        """Bytes of a token."""
        return self.layers * self.features * self.numpy_dtype.itemsize

    @property
    def folder_name(self) -> str:
        """Another type or shape of the same model has a folder of its own."""
        return f"{self.fingerprint}-{self.dtype}-{self.layers}x{self.features}"


def create_store(folder: Path, model: StoredModel) -> None:
    """Make the folder of a model, unless another process was quicker.

    Raises:
        OSError: it cannot be written.
    """
    end = time.monotonic() + _SECONDS
    facts = {"format": _FORMAT, "version": _VERSION, **asdict(model)}
    try:
        while not folder.is_dir():
            try:
                with new_folder(folder) as new:
                    (new / MODEL_FILE).write_text(json.dumps(facts, indent=2), encoding="utf-8")
            except BusyError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)
    except FileExistsError:
        if not folder.is_dir():  # else another process was quicker
            raise
    except OSError as error:
        raise OSError(
            error.errno,
            f"features cannot be stored ({error.strerror}). Set KERAS_ELMO_CACHE, or `root`, "
            "to a folder that can be written to",
            str(folder),
        ) from error


def remove_old_store(folder: Path) -> None:
    """Remove a model's features if an older version wrote them: they can be computed again.

    Raises:
        OSError: they cannot be removed.
    """
    if (folder / _OLD_INDEX).is_file():
        with suppress(BusyError, FileNotFoundError):  # another process does it this moment
            remove_store(folder)


def read_model(folder: Path) -> StoredModel:
    """What `model.json` says.

    Raises:
        StoreError: it is missing, broken, or of a version this program does not know.
    """
    path = folder / MODEL_FILE
    try:
        facts = read_object(path)
        if (facts.pop("format"), facts.pop("version")) != (_FORMAT, _VERSION):
            raise ValueError(f"expected {_FORMAT!r}, version {_VERSION}")
        return StoredModel(**facts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{path} does not describe stored features of this version. Received: {error!r}. "
            f"{command(folder, f'clear {folder.name}')} removes them."
        ) from error


def store_folders(features: Path) -> list[Path]:
    """Folders of models, by name; whatever else lies there is passed by."""
    if not features.is_dir():
        return []
    return sorted(p for p in features.iterdir() if _FOLDER.fullmatch(p.name) and p.is_dir())


def unfinished_stores(features: Path) -> list[Path]:
    """Stores that a process was making or removing when it died."""
    if not features.is_dir():
        return []
    stores = (p.with_suffix("") for p in sorted(features.glob("*.unfinished")))
    return [path for path in stores if _FOLDER.fullmatch(path.name)]


def segment_sizes(folder: Path) -> dict[str, int]:
    """File name → bytes of all segments in a folder, whether the index knows them or not."""
    sizes = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(SEGMENT_SUFFIX):
                try:
                    sizes[entry.name] = entry.stat().st_size
                except FileNotFoundError:
                    continue  # evicted by another process this moment
    return sizes


def remove_store(folder: Path) -> None:
    """Remove a model's features: at one stroke out of sight, then file by file.

    Raises:
        StoreError: the folder holds something that is not ours; it is left as it is.
    """
    others = [path.name for path in folder.iterdir() if not _OURS.fullmatch(path.name)]
    if others:
        raise StoreError(
            f"{folder} is left as it is, because it holds {others[0]!r}, which is no part of a "
            "store. Move that away first."
        )
    remove_folder(folder)
