"""What a training needs to go on exactly: one file, written beside its place and renamed."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from keras_elmo.files.json_files import loads
from keras_elmo.files.new_file import new_file
from keras_elmo.files.npz_file import read_npz
from keras_elmo.files.space import require_space
from keras_elmo.files.work_folder import remove_unfinished
from keras_elmo.fine_tuning.variables import copy_value, sync_variables
from keras_elmo.training.training_facts import changes

logger = logging.getLogger("keras_elmo")
_HINT = "Remove it to begin anew."


class Part(Protocol):
    """Something that has a state while a model trains."""

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays, and what JSON can hold."""
        ...

    def restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        """Become what `state` was taken from."""
        ...


class TrainingCheckpoint(keras.callbacks.Callback):
    """Writes a training's whole state every few minutes, between two batches, and reads it.

    The state: weights, random generators, metrics of the running epoch, the history, and what is
    tracked besides: optimizers, the best epoch. A training that goes on from it ends with the
    weights that it would have had without a break.

    Args:
        path: the file. Where there is one, the training goes on from it.
        minutes: time between two writes; 0 writes after every batch.

    Attributes:
        position: the epoch to go on in, and how many of its batches are done.
        stopped: whether the training had come to its end.
        history: logs of the epochs before.
    """

    def __init__(self, path: str | PathLike[str], minutes: float = 5.0):
        super().__init__()
        self.path, self._seconds = Path(path), 60.0 * minutes
        self.position, self.stopped = (0, 0), False
        self.history: list[dict[str, float]] = []
        self._parts: dict[str, Part] = {}
        self._variables: list[keras.Variable] = []
        self._found: tuple[dict[str, np.ndarray], dict[str, Any]] | None = None
        self._metrics: list[np.ndarray] | None = None
        self._written = time.monotonic()

    def track(self, name: str, part: Part) -> None:
        """Write and read the state of something else, too."""
        self._parts[name] = part

    def expect(self, facts: Mapping[str, Any]) -> None:
        """Say what identifies the training: by name, as JSON can hold it.

        Raises:
            ValueError: the file is damaged, or of a training of which one of them is another.
        """
        self._facts = dict(facts)
        if not self.path.exists():
            return
        self._found = _read(self.path)
        if changed := changes(self._found[1]["training"], self._facts):
            raise ValueError(
                f"{self.path} is of another training, and going on would mix the two. "
                f"Received: {changed}. Give what it began with, or remove the file to begin anew."
            )

    def begin(self, variables: Sequence[keras.Variable]) -> None:
        """Take up what the file holds, if it is there.

        Args:
            variables: all of the model's that may change.
        """
        self._variables = list(variables)
        if self._found is None:
            return
        (arrays, found), self._found = self._found, None
        try:
            for variable, value in zip(variables, _listed(arrays, "variable"), strict=True):
                variable.assign(value)
            for name, part in self._parts.items():
                part.restore(_named(arrays, name), found[name])
            self.position, self.stopped = tuple(found["position"]), found["stopped"]
            self.history = found["history"]
            self._metrics = _listed(arrays, "metric") if self.position[1] else None
        except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
            raise ValueError(
                f"{self.path} is no checkpoint of this training, or damaged. Received: {error}. "
                f"{_HINT}"
            ) from error

    def on_epoch_begin(self, epoch, logs=None):
        done = self.position[1] if epoch == self.position[0] else 0
        self.position = epoch, done
        self._first = done  # Keras counts the batches of what is left from 0
        self._steps = done + self.params["steps"]

    def on_train_batch_end(self, batch, logs=None):
        self._add_metrics()
        self.position = self.position[0], self._first + batch + 1
        if self.position[1] < self._steps:  # the last one: when the epoch has been measured
            self._write_if_due(self._seconds)

    def on_epoch_end(self, epoch, logs=None):
        self.history.append({name: float(value) for name, value in (logs or {}).items()})
        self.position = epoch + 1, 0
        self._write_if_due(self._seconds)

    def write(self) -> None:
        """Write the state as it is now, between two batches.

        Raises:
            OSError: there is no room; an older checkpoint is still there then.
        """
        model = self.model
        sync_variables(model)
        arrays = {f"variable/{i}": copy_value(v) for i, v in enumerate(self._variables)}
        arrays |= {f"metric/{i}": copy_value(v) for i, v in enumerate(model.metrics_variables)}
        facts = {"training": self._facts, "position": self.position, "history": self.history}
        facts["stopped"] = bool(model.stop_training)
        for name, part in self._parts.items():
            own, facts[name] = part.state()
            arrays |= {f"{name}/{path}": value for path, value in own.items()}
        with new_file(self.path, overwrite=True) as unfinished:
            require_space(unfinished, sum(value.nbytes for value in arrays.values()))
            with unfinished.open("wb") as file:  # NumPy would add .npz to a name
                np.savez(file, allow_pickle=False, **arrays, facts=np.array(json.dumps(facts)))
        self._written = time.monotonic()

    def write_interrupted(self) -> None:
        """Write the state where a training was interrupted, if batches of the epoch are left."""
        if self.position[1] < self._steps:  # else it is being measured, and is not done
            self._write_if_due(0.0)

    def remove(self) -> None:
        """The training is over and its model is safe."""
        remove_unfinished(self.path)
        self.path.unlink(missing_ok=True)

    def _add_metrics(self) -> None:
        """Add the metrics of the batches that were done to those of the first one of the rest.

        Keras sets them to zero for every epoch and makes some of them at the first batch only; all
        that it has are sums.
        """
        if self._metrics is None:
            return
        sync_variables(self.model)
        for variable, done in zip(self.model.metrics_variables, self._metrics, strict=True):
            variable.assign_add(done)
        self._metrics = None

    def _write_if_due(self, seconds: float) -> None:
        if time.monotonic() - self._written < seconds:
            return
        try:
            self.write()
        except OSError as error:
            logger.warning("no checkpoint could be written, the training goes on: %s", error)
            self._written = time.monotonic()


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    arrays = read_npz(path, "the checkpoint of a training", hint=_HINT)
    try:
        facts = loads(str(arrays.pop("facts")))
        epoch, done = facts["position"]
        if not (
            isinstance(facts["training"], dict)
            and isinstance(facts["stopped"], bool)
            and isinstance(facts["history"], list)
            and all(type(n) is int and 0 <= n < 2**31 for n in (epoch, done))
        ):
            raise ValueError("facts of other types")
        return arrays, facts
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError(
            f"{path} is no checkpoint of a training, or damaged. Received: {error}. {_HINT}"
        ) from error


def _named(arrays: Mapping[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    begin = f"{name}/"
    return {key.removeprefix(begin): a for key, a in arrays.items() if key.startswith(begin)}


def _listed(arrays: Mapping[str, np.ndarray], name: str) -> list[np.ndarray]:
    own = _named(arrays, name)
    return [own[str(i)] for i in range(len(own))]
