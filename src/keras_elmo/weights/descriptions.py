"""The JSON files of a preset, which describe what is built: read, checked, and nothing else."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from keras_elmo.files.json_files import read_object
from keras_elmo.weights.checksums import check_file
from keras_elmo.weights.config_check import (
    check_backbone,
    check_preprocessor,
    check_task,
    least_numbers_of_head,
    numbers_of_backbone,
)
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.hdf5 import list_arrays
from keras_elmo.weights.sources.presets import (
    CONFIG_FILE,
    PREPROCESSOR_FILE,
    TASK_FILE,
    TASK_WEIGHTS_FILE,
    WEIGHTS_FILE,
)

_CHECKS: dict[str, Callable[[Any, str], dict[str, Any]]] = {
    CONFIG_FILE: check_backbone,
    PREPROCESSOR_FILE: check_preprocessor,
    TASK_FILE: check_task,
}


def read_description(path: Path) -> tuple[str, dict[str, Any]]:
    """The class that a file describes, and its constructor's arguments.

    Args:
        path: `config.json`, `preprocessor.json` or `task.json` of a preset.

    Raises:
        FileNotFoundError: there is no such file.
        WeightsError: it is damaged, or a value cannot be.
    """
    check_file(path)
    described = read_object(path, WeightsError)
    name = described.get("class_name")
    if not isinstance(name, str):
        raise WeightsError(
            f"{path}: must have a string 'class_name'. Received: {name!r:.80}. Copy the folder "
            "once more, or save the model again."
        )
    config = _CHECKS[path.name](described.get("config"), str(path))
    _check_sizes(path, config)
    return name, config


def _check_sizes(path: Path, config: Mapping[str, Any]) -> None:
    """Refuse sizes of which the weights beside could not be: nothing is built for them.

    Raises:
        WeightsError: there are fewer numbers in the files.
    """
    files = [path.with_name(WEIGHTS_FILE)]
    needed = 0
    if path.name == CONFIG_FILE:
        needed = numbers_of_backbone(config)
    elif path.name == TASK_FILE:
        files.append(path.with_name(TASK_WEIGHTS_FILE))
        needed = numbers_of_backbone(config["backbone"]["config"]) + least_numbers_of_head(config)
    if not needed or not all(file.is_file() for file in files):
        return
    there = sum(
        math.prod(array.shape)
        for file in files
        for array in list_arrays(file, floats=False).values()
    )
    if needed > there:
        names = " and ".join(file.name for file in files)
        raise WeightsError(
            f"{path}: its sizes must be those of the weights beside it. Received: sizes of at "
            f"least {needed:,} numbers, and {there:,} in {names}. Copy the folder once more."
        )
