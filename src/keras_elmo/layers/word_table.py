"""Word vectors beside ELMo, of which only those of some words train."""

import keras
import numpy as np
from keras import ops

from keras_elmo.layers.groups import WORD_VECTORS, join_group


@keras.saving.register_keras_serializable("keras_elmo")
class WordTable(keras.layers.Layer):
    """A row of numbers for each word; the first rows train, the rest stays as it is given.

    An optimizer's step costs as much as there are rows that train, whether or not they occur in the
    batch: words that the training data do not have need none.

    Args:
        rows: number of rows; row 0 is that of padding.
        size: of a vector.
        trained_rows: how many of them train; None for all.

    Call arguments:
        ids: int `(batch, tokens)`.

    Returns:
        float `(batch, tokens, size)`.
    """

    def __init__(self, rows: int, size: int, trained_rows: int | None = None, **kwargs):
        super().__init__(**kwargs)
        trained_rows = rows if trained_rows is None else trained_rows
        if not 0 < trained_rows <= rows:
            raise ValueError(
                f"`trained_rows` must be between 1 and the {rows:,} rows. Received: {trained_rows}"
            )
        self.rows, self.size, self.trained_rows = rows, size, trained_rows

    def build(self, ids_shape):
        shape = (self.trained_rows, self.size)
        self.embeddings = self.add_weight(shape=shape, initializer="uniform", name="embeddings")
        self.fixed = None
        if left := self.rows - self.trained_rows:
            self.fixed = self.add_weight(
                shape=(left, self.size), initializer="zeros", trainable=False, name="fixed"
            )
        join_group(self.weights, WORD_VECTORS)

    def assign(self, table: np.ndarray) -> None:
        """Set all rows, float `(rows, size)`."""
        self.embeddings.assign(table[: self.trained_rows])
        if self.fixed is not None:
            self.fixed.assign(table[self.trained_rows :])

    def call(self, ids):
        ids = ops.cast(ids, "int32")
        if self.fixed is None:
            return ops.take(self.embeddings, ids, axis=0)
        first = self.trained_rows
        trained = ops.take(self.embeddings, ops.minimum(ids, first - 1), axis=0)
        fixed = ops.take(self.fixed, ops.maximum(ids - first, 0), axis=0)
        return ops.where(ids[..., None] < first, trained, fixed)

    def compute_output_shape(self, ids_shape):
        return (*ids_shape, self.size)

    def get_config(self):
        own = {"rows": self.rows, "size": self.size, "trained_rows": self.trained_rows}
        return super().get_config() | own
