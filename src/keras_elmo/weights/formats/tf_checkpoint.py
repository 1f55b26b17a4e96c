"""Checkpoints of TensorFlow, read with its own reader: the one module here that needs a library.

TensorFlow is imported when a checkpoint is read, whatever backend computes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import EllipsisType
from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.shapes import Shape


@dataclass(frozen=True)
class CheckpointArray:
    """One array of a checkpoint, read when it is sliced."""

    reader: Any
    prefix: Path
    key: str
    shape: Shape

    def __getitem__(self, rows: slice | EllipsisType) -> np.ndarray:
        with _readable_errors(self.prefix):
            return self.reader.get_tensor(self.key)[rows]


def list_checkpoint(prefix: Path) -> dict[str, CheckpointArray]:
    """Every array of a checkpoint by its name.

    Args:
        prefix: the common beginning of its files' names, such as `folder/model.ckpt-100`.

    Raises:
        ImportError: TensorFlow is not installed.
        WeightsError: the checkpoint is damaged.
    """
    needs = f"{prefix} is a checkpoint of TensorFlow, which only TensorFlow can read, whatever "
    with needs_extra("tensorflow", f"{needs}backend computes"):
        import tensorflow as tf
    with _readable_errors(prefix):
        reader = tf.train.load_checkpoint(str(prefix))
        shapes = reader.get_variable_to_shape_map()
    return {key: CheckpointArray(reader, prefix, key, tuple(shapes[key])) for key in shapes}


@contextmanager
def _readable_errors(prefix: Path) -> Iterator[None]:
    import tensorflow as tf

    try:
        yield
    except (tf.errors.OpError, ValueError, RuntimeError, LookupError) as error:
        raise WeightsError(
            f"{prefix}: must be a whole checkpoint, with its files .index and .data-*. Received: "
            f"{error}. Copy all files of the checkpoint again."
        ) from error
