"""Callbacks of a training that takes several calls of Keras's `fit`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras


class WholeTraining(keras.callbacks.CallbackList):
    """Callbacks that begin and end once, with the training, whatever calls of `fit` it takes.

    Args:
        callbacks: the user's and others.
        model: the task.
        epochs, steps: epochs of the whole training, and batches of each.
        verbose: as of Keras's `fit`.
    """

    def __init__(
        self,
        callbacks: Sequence[keras.callbacks.Callback],
        model: keras.Model,
        *,
        epochs: int,
        steps: int,
        verbose: int | str,
    ):
        super().__init__(
            list(callbacks),
            add_history=True,
            add_progbar=verbose != 0,
            model=model,
            verbose=verbose,
            epochs=epochs,
            steps=steps,
        )
        self._logs: Any = None
        self._stop = False

    @property
    def history(self) -> keras.callbacks.History:
        """That of the whole training."""
        return self.model.history

    def begin(self, epoch: int, history: Iterable[Mapping[str, float]] = ()) -> int:
        """Begin the training.

        Args:
            epoch: the first one, unless a callback goes on in another one.
            history: logs of the epochs before an interruption.

        Returns:
            The number of the first epoch.
        """
        model: Any = self.model
        model.stop_training = False
        super().on_train_begin()
        self._stop = model.stop_training
        # Where `BackupAndRestore` says in which epoch to go on. Each call of `fit` would obey it.
        first, model._initial_epoch = model._initial_epoch, None
        for number, logs in enumerate(history):
            self.history.epoch.append(number)
            for name, value in logs.items():
                self.history.history.setdefault(name, []).append(value)
        return first or epoch

    def end(self) -> None:
        """End; what an early stop restores has its place here."""
        super().on_train_end(self._logs)

    def on_train_begin(self, logs: Any = None) -> None:
        """A call of `fit` begins, which is not the training."""
        self.model.stop_training = self._stop

    def on_train_end(self, logs: Any = None) -> None:
        """A call of `fit` ends."""
        self._logs = logs

    @property
    def backups(self) -> list[keras.callbacks.BackupAndRestore]:
        """Those callbacks that may set the epoch to go on in."""
        kind = keras.callbacks.BackupAndRestore
        return [callback for callback in self.callbacks if isinstance(callback, kind)]

    def backed_up(self) -> int | None:
        """The epoch whose optimizer `BackupAndRestore` will load; None where there is no backup."""
        for callback in self.backups:
            file = Path(callback.backup_dir) / "training_metadata.json"
            if file.exists():
                found = json.loads(file.read_text(encoding="utf-8"))
                # Between two epochs, the optimizer is that of the one before.
                return found["epoch"] if found["batch"] else max(0, found["epoch"] - 1)
        return None
