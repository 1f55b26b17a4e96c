"""An ELMo in one safetensors file: its variables by path, its configuration as metadata."""

import json
from dataclasses import dataclass
from pathlib import Path
from types import EllipsisType
from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.files.json_files import loads
from keras_elmo.files.new_file import new_file
from keras_elmo.weights.checked_values import are_strings
from keras_elmo.weights.config_check import check_backbone
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.shapes import Shape, expected_shapes
from keras_elmo.weights.sources.published import PublishedElmo
from keras_elmo.weights.table import LazyVariables, Rule, Slot, differences, listing

FORMAT = "keras-elmo"
_LEXICON = ("words", "characters")


@dataclass(frozen=True)
class _Tensor:
    """A tensor of a file, read when it is sliced."""

    path: Path
    name: str
    shape: Shape

    def __getitem__(self, rows: slice | EllipsisType) -> np.ndarray:
        with _opened(self.path) as file:
            return file.get_tensor(self.name)[rows]


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors do: the length of a JSON object, and the object."""
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        return stream.read(1) == b"{" and 8 + length <= path.stat().st_size


def save_safetensors(elmo: PublishedElmo, path: Path) -> None:
    """Write an ELMo, float32.

    Raises:
        FileExistsError: there is something of that name.
        ImportError: safetensors is not installed.
    """
    numpy_files = _library("safetensors.numpy")
    about = {"config": elmo.config, "words": elmo.words, "characters": elmo.characters}
    metadata = {"format": FORMAT} | {
        name: json.dumps(value, ensure_ascii=False) for name, value in about.items()
    }
    arrays = {
        name: np.ascontiguousarray(array, np.float32) for name, array in elmo.variables.items()
    }
    with new_file(path) as unfinished:
        numpy_files.save_file(arrays, unfinished, metadata)


def load_safetensors(path: Path) -> PublishedElmo:
    """Read what `save_safetensors` wrote.

    Raises:
        ImportError: safetensors is not installed.
        WeightsError: it is damaged or something else.
    """
    with _opened(path) as file:
        metadata = file.metadata() or {}
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    try:
        about: dict[str, Any] = {
            name: loads(metadata[name]) for name in ("config", "words", "characters")
        }
        check_backbone(about["config"], str(path))
        if not all(about[name] is None or are_strings(about[name]) for name in _LEXICON):
            raise TypeError("words and characters are lists of strings")
        problems = differences(expected_shapes(about["config"]), shapes)
    except WeightsError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            f"{path}: must be an ELMo as `keras-elmo convert --to safetensors` writes it. Received "
            f"other metadata: {listing(sorted(metadata)) or 'none'}"
        ) from error
    if problems:
        raise WeightsError(
            f"{path}: must hold the variables of its configuration. Received:{listing(problems)}"
        )
    tensors = {name: _Tensor(path, name, shape) for name, shape in shapes.items()}
    slots = [Slot(name, name, slice(None), Rule(name, name)) for name in shapes]
    return PublishedElmo(
        "safetensors of keras-elmo",
        about["config"],
        LazyVariables(slots, tensors, str(path)),
        about["words"],
        characters=about["characters"],
    )


def _opened(path: Path) -> Any:
    library = _library("safetensors")
    try:
        return library.safe_open(path, "numpy")
    except library.SafetensorError as error:
        raise WeightsError(
            f"{path}: must be a whole safetensors file. Received: {path.stat().st_size:,} bytes, "
            f"truncated or damaged ({error})"
        ) from error


def _library(name: str) -> Any:
    from importlib import import_module

    with needs_extra("safetensors", "safetensors files need the package safetensors"):
        return import_module(name)
