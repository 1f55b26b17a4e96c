"""A training whose loss is no number any more ends at once, and says where it went wrong."""

import math

import keras
import numpy as np

from keras_elmo.fine_tuning.variables import copy_value, sync_variables
from keras_elmo.layers.groups import group_of


class FiniteLoss(keras.callbacks.Callback):
    """Raises after the first batch whose loss is NaN or infinite.

    The message names the layer group whose weights have moved furthest from where the training
    began, for their size: steps that are too large are nearly always the cause. The optimizer of a
    recipe has not made the step of that batch, so the weights are the last good ones.

    Raises:
        FloatingPointError: at the end of the batch.
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch = 0
        self.start: dict[int, np.ndarray] = {}  # by the variable's identity

    def on_train_begin(self, logs=None):
        self.start = {}

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        for variable in self.model.trainable_variables:
            if id(variable) not in self.start:  # it was frozen until now
                self.start[id(variable)] = copy_value(variable)

    def on_train_batch_end(self, batch, logs=None):
        loss = float((logs or {}).get("loss", 0.0))
        if math.isfinite(loss):
            return
        sync_variables(self.model)
        group, times = self._furthest()
        likely = f"Lower the learning rate of {group}."
        if times < 1.0:
            likely = "That is not far: look for NaN in sample weights, class weights, word vectors."
        raise FloatingPointError(
            f"the loss became {loss} in epoch {self.epoch + 1}, batch {batch + 1}. The weights of "
            f"{group} had moved furthest, {times:.3g} times their size at the beginning. {likely}"
        )

    def _furthest(self) -> tuple[str, float]:
        moved: dict[str, float] = {}
        size: dict[str, float] = {}
        for variable in self.model.trainable_variables:
            if (begin := self.start.get(id(variable))) is not None:
                group = group_of(variable)
                distance = np.nan_to_num(copy_value(variable) - begin, nan=np.inf)
                moved[group] = moved.get(group, 0.0) + float(np.square(distance, dtype=float).sum())
                size[group] = size.get(group, 0.0) + float(np.square(begin, dtype=float).sum())
        shares = {group: math.sqrt(moved[group] / max(size[group], 1e-12)) for group in moved}
        return max(shares.items(), key=lambda item: item[1])
