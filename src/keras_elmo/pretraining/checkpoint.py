"""Checkpoints that survive a kill at any moment: written beside, then renamed."""

import json
import math
import shutil
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.weights.space import require_space

_CURRENT, _PREVIOUS, _UNFINISHED = "checkpoint", "checkpoint.previous", "checkpoint.unfinished"


def save_checkpoint(folder: Path, model: ElmoLanguageModel, state: dict[str, Any]) -> None:
    """Write model, optimizer and `state` to `folder/checkpoint`; the old one lives until then."""
    unfinished = folder / _UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    size = sum(math.prod(variable.shape) for variable in model.variables)
    require_space(unfinished / "model.keras", 3 * 4 * size)  # with the two moments of Adam
    model.save(unfinished / "model.keras")
    np.savez(unfinished / "states.npz", *[variable.numpy() for variable in _states(model)])
    (unfinished / "state.json").write_text(json.dumps(state))
    if (folder / _CURRENT).exists():  # else a kill left the previous one as the only whole one
        shutil.rmtree(folder / _PREVIOUS, ignore_errors=True)
        (folder / _CURRENT).rename(folder / _PREVIOUS)
    unfinished.rename(folder / _CURRENT)
    shutil.rmtree(folder / _PREVIOUS, ignore_errors=True)


def load_checkpoint(folder: Path) -> tuple[ElmoLanguageModel, dict[str, Any]] | None:
    """The newest whole checkpoint in `folder`, or None where there is none."""
    for name in (_CURRENT, _PREVIOUS):
        if (folder / name / "state.json").exists():
            model = _load_model(folder / name / "model.keras")
            state = json.loads((folder / name / "state.json").read_text())
            with np.load(folder / name / "states.npz") as values:
                for variable, value in zip(_states(model), values.values(), strict=True):
                    variable.assign(value)
            return model, state
    return None


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
