"""The mean of the weights at the ends of the last epochs: what is measured and kept."""

from typing import Any

import keras
import numpy as np

from keras_elmo.fine_tuning.variables import copy_value


class AveragedWeights(keras.callbacks.Callback):
    """Measures, and ends with, the mean of the weights at the ends of the last epochs.

    While the development set is measured, and until the callbacks before this one have seen its
    scores, what trains has its mean; the next epoch goes on from its own weights, unless one of
    them says `keep`. After the training it has the mean. See Izmailov et al. (2018), "Averaging
    Weights Leads to Wider Optima".

    Args:
        epochs: the number of epochs, as many as there are while they are fewer.
    """

    def __init__(self, epochs: int):
        super().__init__()
        self._epochs = epochs
        self._ends: list[dict[str, np.ndarray]] = []  # path → value, the last one at the end
        self._is_average = False

    def on_test_begin(self, logs: Any = None) -> None:
        """An epoch's batches are done, and are measured now."""
        self._take_end()
        self._use_average()

    def keep(self) -> None:
        """Take the weights as they are, in place of the epoch's own, for those at its end."""
        self._ends.pop()
        self._is_average = False

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Go on from the epoch's own weights."""
        if self._is_average:
            self._assign(self._ends[-1])
        else:  # there is no development set, or other weights are kept
            self._take_end()
        self._is_average = False

    def on_train_end(self, logs: Any = None) -> None:
        """Leave the model with the mean."""
        if self._ends:
            self._use_average()

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """What a checkpoint holds: the weights at the ends of the last epochs."""
        ends = enumerate(self._ends)
        arrays = {f"{i}/{path}": value for i, end in ends for path, value in end.items()}
        return arrays, {"ends": len(self._ends)}

    def restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        """Become what `state` was taken from."""
        self._ends = [{} for _ in range(facts["ends"])]
        for key, value in arrays.items():
            number, _, path = key.partition("/")
            self._ends[int(number)][path] = value

    def _take_end(self) -> None:
        end = {v.path: copy_value(v) for v in self.model.trainable_variables}
        self._ends = [*self._ends, end][-self._epochs :]

    def _use_average(self) -> None:
        last = self._ends[-1]
        known = {path: [end[path] for end in self._ends if path in end] for path in last}
        # In one dtype, and exactly the weights themselves where there is one epoch.
        self._assign({path: np.mean(x, axis=0, dtype=x[0].dtype) for path, x in known.items()})
        self._is_average = True

    def _assign(self, values: dict[str, np.ndarray]) -> None:
        for variable in self.model.trainable_variables:
            variable.assign(values[variable.path])
