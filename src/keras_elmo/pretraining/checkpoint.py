"""Checkpoints and best weights that survive a kill: written beside, then renamed."""

import json
import math
import shutil
import warnings
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.files.json_files import loads, read_object
from keras_elmo.files.new_folder import new_folder
from keras_elmo.files.npz_file import DAMAGED, read_npz
from keras_elmo.files.space import require_space
from keras_elmo.files.work_folder import remove_unfinished
from keras_elmo.pretraining.config import check_state
from keras_elmo.weights.checked_values import is_size
from keras_elmo.weights.config_check import check_backbone, numbers_of_backbone

_FOLDER, _STATE = "checkpoint", "state.json"
_BEST, _MEASURES, _WEIGHTS = "best", "measures.json", "weights.npz"
_HINT = "Bring back a copy of it, or begin a new run in another folder."
_MOST_CONFIG_BYTES = 2**26


def save_checkpoint(folder: Path, model: ElmoLanguageModel, state: dict[str, Any]) -> None:
    """Write model, optimizer and `state` to `folder/checkpoint`; the old one lives until then."""
    with new_folder(folder / _FOLDER, overwrite=True, signs=(_STATE,)) as new:
        size = sum(math.prod(variable.shape) for variable in model.variables)
        require_space(new / "model.keras", 3 * 4 * size)  # with the two moments of Adam
        model.save(new / "model.keras")
        np.savez(new / "states.npz", *[variable.numpy() for variable in _states(model)])
        (new / _STATE).write_text(json.dumps(state))


def load_checkpoint(folder: Path) -> tuple[ElmoLanguageModel, dict[str, Any]] | None:
    """The newest whole checkpoint in `folder`, or None where there is none."""
    path = folder / _FOLDER
    remove_unfinished(path)  # and what a kill kept from its place is put there
    if not (path / _STATE).exists():
        return None
    state = check_state(path / _STATE)
    model = _load_model(path / "model.keras")
    values = read_npz(path / "states.npz", "states of dropout and LSTMs", hint=_HINT)
    try:
        for variable, value in zip(_states(model), values.values(), strict=True):
            variable.assign(value)
    except ValueError as error:
        raise ValueError(
            f"{path / 'states.npz'} must hold the states of model.keras beside it. Received: "
            f"{error}. {_HINT}"
        ) from error
    return model, state


def save_best(folder: Path, model: ElmoLanguageModel, row: dict[str, float]) -> None:
    """Write the weights of the best evaluation so far, and its row, to `folder/best`."""
    with new_folder(folder / _BEST, overwrite=True, signs=(_MEASURES,)) as new:
        require_space(new / _WEIGHTS, 4 * model.count_params())
        np.savez(new / _WEIGHTS, *model.get_weights())
        (new / _MEASURES).write_text(json.dumps(row))


def best_row(folder: Path) -> dict[str, float]:
    """The row of the best evaluation, which may be later than the checkpoint; or nothing."""
    path = folder / _BEST / _MEASURES
    remove_unfinished(path.parent)
    return read_object(path) if path.is_file() else {}


def load_best(folder: Path, model: ElmoLanguageModel) -> None:
    """Give a model the weights of the best evaluation.

    Raises:
        ValueError: the file is damaged, or of another model.
    """
    path = folder / _BEST / _WEIGHTS
    model.set_weights(list(read_npz(path, "the weights of a language model", hint=_HINT).values()))


def drop_best(folder: Path) -> None:
    """Delete the best weights of an earlier run in the same folder."""
    if best_row(folder):
        shutil.rmtree(folder / _BEST)


def _load_model(path: Path) -> Any:
    """A model with its optimizer's state, all of it.

    Raises:
        ValueError: the file is damaged; the optimizer's state does not fit, which Keras would only
            warn of.
    """
    _check_model_file(path)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Skipping variable loading for optimizer")
        try:
            return keras.saving.load_model(path)
        except (UserWarning, *DAMAGED, AttributeError) as error:
            if "Skipping variable loading" not in str(error):
                raise _damaged(path, error) from error
            raise ValueError(
                f"{path} does not hold the optimizer's state that belongs to it, so the run cannot "
                f"go on exactly. Received: {error} Begin a new run from its preset."
            ) from error


def _check_model_file(path: Path) -> None:
    """Look at all bytes of a file of Keras's, and at what would be built, before it is.

    Raises:
        ValueError: the file is damaged, or holds no language model.
    """
    with path.open("rb") as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                if broken := archive.testzip():
                    raise ValueError(f"{broken} is not as it was written")
                if archive.getinfo("config.json").file_size > _MOST_CONFIG_BYTES:
                    raise ValueError("a configuration of many megabytes")
                described = loads(archive.read("config.json"))
            name, config = described["class_name"], described["config"]
            if name != ElmoLanguageModel.__name__:
                raise ValueError(f"it describes {name!r:.80}")
            backbone = check_backbone(config["backbone"]["config"], str(path))
            sizes = [config["vocabulary_size"], *(config["cutoffs"] or ())]
            if not all(map(is_size, sizes)):
                raise ValueError(f"sizes of its softmax {sizes!r:.80}")
            rows = 1 if config["cutoffs"] else backbone["projection_dim"]
            needed = numbers_of_backbone(backbone) + sizes[0] * rows
            if needed > path.stat().st_size:  # each number takes four bytes
                raise ValueError(f"sizes of {needed:,} numbers")
        except DAMAGED as error:
            raise _damaged(path, error) from error


def _damaged(path: Path, error: BaseException) -> ValueError:
    return ValueError(
        f"{path} must hold a language model with its optimizer. Received: something else, or a "
        f"damaged file ({error or type(error).__name__}). {_HINT}"
    )


def _states(model: ElmoLanguageModel) -> list[keras.Variable]:
    """What Keras does not save: states of dropout's random generators and of stateful LSTMs."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]
