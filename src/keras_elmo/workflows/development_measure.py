"""What predictions on the development set are worth after each epoch."""

from typing import Any

import keras

from keras_elmo.metrics.selection import Selection
from keras_elmo.runtime.examples import Examples
from keras_elmo.tasks.gate import read_validation


class DevelopmentMeasure(keras.callbacks.Callback):
    """Enters the measure that chooses the best epoch into the history, if Keras has not done so.

    It is the one of the task's `report`. A correlation with predictions that are all the same,
    which is not defined, counts as 0.

    Args:
        selection: the measure.
        validation_data: the development set, as of `fit`.
        batch_size: of the predictions.

    Raises:
        ValueError: the task's report has no such measure.
    """

    def __init__(self, selection: Selection, validation_data: Any, batch_size: int = 32):
        super().__init__()
        self._selection, self._data, self._batch_size = selection, validation_data, batch_size
        self._examples: Examples | None = None

    def on_epoch_end(self, epoch, logs=None):
        """Measure, before others look at the epoch."""
        column = self._selection.column
        if logs is not None and "val_loss" in logs and column not in logs:
            logs[column] = self._measure()

    def _measure(self) -> float:
        task: Any = self.model
        self._examples = self._examples or read_validation(task, self._data)
        found = task.measures(self._examples, batch_size=self._batch_size)
        if self._selection.metric not in found:
            numbers = [name for name, value in found.items() if isinstance(value, int | float)]
            raise ValueError(
                f"the report of {type(task).__name__} must have {self._selection.metric!r}, by "
                f"which the best epoch is chosen. Received: {', '.join(numbers)}"
            )
        return float(found[self._selection.metric] or 0.0)
