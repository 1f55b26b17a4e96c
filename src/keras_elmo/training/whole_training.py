"""One training that takes several calls of Keras's `fit`."""

import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_elmo.batching.batches import SentenceBatches
from keras_elmo.batching.keras_data import keras_data
from keras_elmo.training.served_features import ServedFeatures


class StageCallback(keras.callbacks.Callback):
    """A callback that may end a stage; the training goes on with the next one, if there is one.

    Attributes:
        stage_begin: the first epoch of the stage that runs, counted from 0.
        stage_end: the epoch behind its last.
        stage_is_over: whether the stage ends with this epoch; set it in `on_epoch_end`.
    """

    stage_begin, stage_end = 0, sys.maxsize
    stage_is_over = False


class WholeTraining(keras.callbacks.CallbackList):
    """Runs epochs by Keras's `fit`; callbacks begin and end once, whatever calls of it that takes.

    Each epoch has its own batches, in whichever call it comes. On PyTorch every batch has its own
    random numbers too: there, Keras draws dropout from the generator that the data loader and
    everything else draws from. After the training that one is where it was before.

    Args:
        callbacks: the user's and others.
        model: the task.
        batches: what it trains on.
        validation_data: batches to measure it on, or as of Keras's `fit`.
        features: what the frozen layers of ELMo give the batches.
        steps: number of batches of the whole training; its last epoch may be a part of one.
        options: more arguments of Keras's `fit`.

    Attributes:
        stopped: whether a callback ended the whole training.
    """

    def __init__(
        self,
        callbacks: Sequence[keras.callbacks.Callback],
        model: keras.Model,
        batches: SentenceBatches,
        validation_data: Any,
        features: ServedFeatures,
        steps: int,
        options: Mapping[str, Any],
    ):
        verbose = options.get("verbose", "auto")
        super().__init__(
            list(callbacks),
            add_history=True,
            add_progbar=verbose != 0,
            model=model,
            verbose=verbose,
            epochs=math.ceil(steps / len(batches)),
            steps=len(batches),
        )
        self._steps, self.stopped = steps, False
        self._batches, self._validation_data = batches, validation_data
        self._features, self._options = features, dict(options)
        self._done = 0  # batches of the epoch that are left out
        self._epoch = 0  # behind the last one that was run
        self._logs: Any = None
        self._stop = False
        torch = keras.config.backend() == "torch"
        self._torch: Any = import_module("torch") if torch else None

    @property
    def history(self) -> keras.callbacks.History:
        """The history of the whole training."""
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
        self._random = self._torch and self._torch.get_rng_state()
        super().on_train_begin()
        self._stop = model.stop_training
        # Where `BackupAndRestore` says in which epoch to go on. Each call of `fit` would obey it.
        first, model._initial_epoch = model._initial_epoch, None
        for number, logs in enumerate(history):
            self.history.epoch.append(number)
            for name, value in logs.items():
                self.history.history.setdefault(name, []).append(value)
        return first or epoch

    def begin_stage(self, begin: int, end: int) -> None:
        """Tell that a stage runs: its first epoch, and the one behind its last."""
        for callback in self._stage_callbacks:
            callback.stage_begin, callback.stage_end = begin, end
            callback.stage_is_over = False

    @property
    def stage_is_over(self) -> bool:
        """Whether a callback ended the stage."""
        return any(callback.stage_is_over for callback in self._stage_callbacks)

    def run(self, begin: int, end: int, done: int = 0) -> int:
        """Train from an epoch up to another one, or until a callback ends the stage or all of it.

        Args:
            begin, end: the first epoch, and the one behind the last.
            done: batches of the first one that are left out.

        Returns:
            The epoch behind the last one that was run.
        """
        for first, behind in self._calls(begin, end, done):
            self._fit(first, behind, done if first == begin else 0)
            if self.stopped or self.stage_is_over:
                break
        return self._epoch

    def _calls(self, begin: int, end: int, done: int) -> Iterator[tuple[int, int]]:
        """The epochs of each call of `fit`: one that is not whole has a call of its own."""
        if done:
            yield begin, begin + 1
            begin += 1
        whole = min(end, self._steps // len(self._batches.rows))
        if begin < whole:
            yield begin, whole
        if max(begin, whole) < end:
            yield whole, end

    def _fit(self, begin: int, end: int, done: int) -> None:
        self._features.serve()
        self._done = done
        self._batches.set_epoch(begin)  # Keras looks at it before it skips what is done
        whole = len(self._batches.rows)
        left = min(whole, self._steps - begin * whole) - done
        # The batches are in their own order: Keras would shuffle them with global random state.
        span = {"initial_epoch": begin, "epochs": end, "shuffle": False}
        if left < whole:
            span["steps_per_epoch"] = left
        self.set_params({**self.params, "steps": left})
        try:
            keras.Model.fit(
                self.model,
                keras_data(self._batches),
                validation_data=keras_data(self._validation_data),
                callbacks=self,
                **self._options | span,
            )
        finally:
            self._features.stop()
            self.model.stop_training = self.stopped

    def end(self) -> None:
        """End the training; what an early stop restores has its place here."""
        if self._torch:
            self._torch.set_rng_state(self._random)
        super().on_train_end(self._logs)

    def on_train_begin(self, logs: Any = None) -> None:
        """A call of `fit` begins, which is not the training."""
        self.model.stop_training = self._stop

    def on_train_end(self, logs: Any = None) -> None:
        """A call of `fit` ends."""
        self._logs = logs

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Take the epoch's own batches."""
        self._batches.set_epoch(epoch, self._done)
        super().on_epoch_begin(epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Take the batch's own random numbers."""
        if self._torch:
            place = self._batches.seed, self._batches.epoch, self._batches.done + batch
            self._torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1)[0]))
        super().on_train_batch_begin(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Count the epochs that read stored features."""
        self._features.epochs += self._features.stored
        super().on_epoch_end(epoch, logs)
        self._epoch, self.stopped = epoch + 1, self.model.stop_training
        # Keras's `fit` knows no other word for it; the checkpoint was written before.
        self.model.stop_training |= self.stage_is_over

    @property
    def _stage_callbacks(self) -> list[StageCallback]:
        return [callback for callback in self.callbacks if isinstance(callback, StageCallback)]

    @property
    def backups(self) -> list[keras.callbacks.BackupAndRestore]:
        """The callbacks that may set the epoch to go on in."""
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
