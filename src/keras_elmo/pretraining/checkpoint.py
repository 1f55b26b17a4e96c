"""Checkpoints that survive a kill at any moment: written beside, then renamed."""

import json
import math
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.text.work_folder import remove_unfinished
from keras_elmo.weights.new_folder import new_folder
from keras_elmo.weights.space import require_space

_FOLDER, _STATE = "checkpoint", "state.json"


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
    model = _load_model(path / "model.keras")
    state = json.loads((path / _STATE).read_text())
    with np.load(path / "states.npz") as values:
        for variable, value in zip(_states(model), values.values(), strict=True):
            variable.assign(value)
    return model, state


def _load_model(path: Path) -> Any:
    """A model with its optimizer's state, all of it.

    Raises:
        ValueError: the optimizer's state does not fit, which Keras would only warn of.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Skipping variable loading for optimizer")
        try:
            return keras.saving.load_model(path)
        except (UserWarning, ValueError) as error:
            if "Skipping variable loading" not in str(error):
                raise
            raise ValueError(
                f"{path} does not hold the optimizer's state that belongs to it, so the run cannot "
                f"go on exactly. Received: {error} Begin a new run from its preset."
            ) from error


def _states(model: ElmoLanguageModel) -> list[keras.Variable]:
    """What Keras does not save: states of dropout's random generators and of stateful LSTMs."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]
