"""Preset folders with KerasHub's file names: written beside and renamed, read strictly."""

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from keras_elmo._version import __version__
from keras_elmo.files.space import require_space
from keras_elmo.weights.checksums import FILES, check_file, checksums
from keras_elmo.weights.descriptions import read_description
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.hdf5 import BROKEN, list_arrays
from keras_elmo.weights.sources.presets import (
    CONFIG_FILE,
    METADATA_FILE,
    WEIGHTS_FILE,
    preset_folder,
)

_MOST_COUNTERS = 1_000  # numbers of an optimizer that are no moments: steps and rates


def write_object(obj: Any, folder: Path, name: str) -> None:
    """Write the configuration of a Keras object as JSON."""
    text = json.dumps(keras.saving.serialize_keras_object(obj), indent=2, ensure_ascii=False)
    (folder / name).write_text(text, encoding="utf-8")


def read_object(preset: str | PathLike[str], name: str, expected: type, **overrides: Any) -> Any:
    """Build the object that a preset's JSON file describes, with some arguments replaced.

    Raises:
        ValueError: the file is missing, broken, or describes another kind of object.
    """
    path = preset_folder(preset) / name
    try:
        class_name, config = read_description(path)
    except FileNotFoundError:
        raise ValueError(f"{path.parent} has no {name}: it holds no {expected.__name__}.") from None
    if class_name != expected.__name__:
        raise ValueError(
            f"{path} must describe {expected.__name__}. Received: {class_name!r}. "
            f"Load it with that class."
        )
    try:
        return expected.from_config({**config, **overrides})
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        if overrides:  # which may be what is wrong
            raise
        raise WeightsError(
            f"{path} does not describe {expected.__name__} as it can be built. Received: {error}"
        ) from error


def write_metadata(folder: Path, **facts: Any) -> None:
    """Write what made this preset, and the checksums of its files: the last one to be written."""
    made = {
        "keras_version": keras.__version__,
        "keras_elmo_version": __version__,
        "backend": keras.config.backend(),
        "date_saved": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    made |= facts | {FILES: checksums(folder)}
    (folder / METADATA_FILE).write_text(json.dumps(made, indent=2), encoding="utf-8")


@contextmanager
def without_optimizer(model: keras.Model) -> Iterator[None]:
    """Hide the optimizer: a preset holds what was learned, not how far the training is."""
    optimizer, model.optimizer = getattr(model, "optimizer", None), None
    try:
        yield
    finally:
        model.optimizer = optimizer


def write_weights(model: keras.Model, path: Path, *, without: Sequence[keras.Layer] = ()) -> None:
    """Write the variables of a model, without its optimizer's, to a `.weights.h5` file.

    Args:
        model, path: what to write, and where.
        without: layers of the model whose variables stand in a file of their own.

    Raises:
        OSError: there is no space left.
    """
    num_bytes = sum(4 * math.prod(variable.shape) for variable in model.weights)
    require_space(path, num_bytes)
    with without_optimizer(model):
        keras.saving.save_weights(model, path, objects_to_skip=without)


def read_weights(model: keras.Model, path: Path, *, without: Sequence[keras.Layer] = ()) -> None:
    """Load a `.weights.h5` file, turning Keras's errors into one that says what to do.

    Args:
        model, path: what to fill, and from where.
        without: layers of the model that keep what they have, whether the file holds them or not.

    Raises:
        WeightsError: the file is missing or damaged, or belongs to another configuration.
    """
    if not path.is_file():
        raise WeightsError(f"{path} is missing. A preset needs it beside its configuration.")
    check_file(path)
    size = sum(math.prod(variable.shape) for variable in model.variables)
    received = sum(math.prod(array.shape) for array in list_arrays(path, floats=False).values())
    if received > 3 * size + _MOST_COUNTERS:  # older files hold an optimizer's two moments, too
        raise WeightsError(
            f"{path} does not fit the configuration beside it. Received: {received:,} numbers for "
            f"a model of {size:,}"
        )
    try:
        with without_optimizer(model):
            model.load_weights(path, objects_to_skip=without)
    except (*BROKEN, AttributeError, IndexError) as error:
        raise WeightsError(
            f"{path} does not fit the configuration beside it. Received: {error}"
        ) from error


def store_as_float16(path: Path) -> None:
    """Rewrite a weight file with half the bytes: float16 and compressed."""
    with h5py.File(path) as file:
        arrays: dict[str, np.ndarray] = {}
        attributes: dict[str, dict[str, Any]] = {}

        def collect(name: str, item: h5py.Group | h5py.Dataset) -> None:
            attributes[name] = dict(item.attrs)
            if isinstance(item, h5py.Dataset):
                arrays[name] = item[...]

        file.visititems(collect)
    with h5py.File(path, "w") as file:
        for name in attributes:
            if name in arrays:
                array = arrays[name]
                small = array.astype(np.float16) if array.dtype == np.float32 else array
                packed = {"compression": "gzip", "shuffle": True} if small.ndim else {}
                file.create_dataset(name, data=small, **packed)
            else:
                file.require_group(name)
            file[name].attrs.update(attributes[name])


def write_backbone(backbone: keras.Model, folder: Path) -> None:
    """Write `config.json` and `model.weights.h5` into an existing folder."""
    write_object(backbone, folder, CONFIG_FILE)
    write_weights(backbone, folder / WEIGHTS_FILE)
