"""Epochs of a training: Keras's own `fit`, with each epoch's own batches and random numbers."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import keras
import numpy as np

from keras_elmo.batching.batches import SentenceBatches
from keras_elmo.batching.keras_data import keras_data
from keras_elmo.training.served_features import ServedFeatures


class EpochRunner(keras.callbacks.Callback):
    """Runs epochs by Keras's `fit` and gives each its own batches, in whichever call it comes.

    On PyTorch every batch gets its own random numbers too: there, Keras draws dropout from the
    generator that the data loader and everything else draws from. After the training that one is
    where it was before.

    Args:
        task: the model that trains.
        batches: what it trains on.
        validation_data: batches to measure it on, or as of Keras's `fit`.
        features: what the frozen layers of ELMo give the batches.
        options: more arguments of Keras's `fit`.
    """

    def __init__(
        self,
        task: keras.Model,
        batches: SentenceBatches,
        validation_data: Any,
        features: ServedFeatures,
        options: Mapping[str, Any],
    ):
        super().__init__()
        self._task, self._batches, self._validation_data = task, batches, validation_data
        self._features, self._options = features, dict(options)
        self._done = 0  # batches of the epoch that are left out
        torch = keras.config.backend() == "torch"
        self._torch: Any = import_module("torch") if torch else None

    def run(self, begin: int, end: int, done: int, callbacks: keras.callbacks.CallbackList) -> None:
        """Train from an epoch up to another one.

        Args:
            begin, end: the first epoch, and the one behind the last.
            done: batches that are left out, of a single epoch.
            callbacks: all of the training, this one among them.
        """
        self._features.serve()
        self._done = done
        self._batches.set_epoch(begin)  # Keras looks at it before it skips what is done
        left = len(self._batches.rows) - done
        # The batches are in their own order: Keras would shuffle them with global random state.
        span = {"initial_epoch": begin, "epochs": end, "shuffle": False}
        if done:
            span["steps_per_epoch"] = left
        callbacks.set_params({**callbacks.params, "steps": left})
        try:
            keras.Model.fit(
                self._task,
                keras_data(self._batches),
                validation_data=keras_data(self._validation_data),
                callbacks=callbacks,
                **self._options | span,
            )
        finally:
            self._features.stop()

    def on_train_begin(self, logs=None):
        if self._torch:
            self._random = self._torch.get_rng_state()

    def on_epoch_begin(self, epoch, logs=None):
        self._batches.set_epoch(epoch, self._done)

    def on_train_batch_begin(self, batch, logs=None):
        if self._torch:
            place = self._batches.seed, self._batches.epoch, self._batches.done + batch
            self._torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1)[0]))

    def on_epoch_end(self, epoch, logs=None):
        self._features.epochs += self._features.stored

    def on_train_end(self, logs=None):
        if self._torch:
            self._torch.set_rng_state(self._random)
