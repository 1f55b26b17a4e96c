"""Word vectors beside ELMo, of which only those of trained words ever change."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_elmo.layers.configured import ConfiguredLayer
from keras_elmo.layers.groups import WORD_VECTORS, join_group


@keras.saving.register_keras_serializable("keras_elmo")
class WordTable(ConfiguredLayer):
    """A row of numbers for each word; a step trains the rows that its batch looks up.

    With [`LazyAdam`][keras_elmo.fine_tuning.lazy_adam] all other rows cost nothing, as long as
    nothing reads the table whole: hence the look-up in the variable itself on TensorFlow, and the
    conversion of the rows, not of the table, to the type that the layer computes in.

    Args:
        rows: number of rows; row 0 is that of padding.
        size: number of features of a vector.

    Call arguments:
        ids: int `(batch, tokens)`.

    Returns:
        float `(batch, tokens, size)`.
    """

    def __init__(self, rows: int, size: int, **kwargs):
        super().__init__(**kwargs)
        self.rows, self.size = rows, size

    def build(self, ids_shape):
        self.embeddings = self.add_weight(
            shape=(self.rows, self.size), initializer="uniform", autocast=False, name="embeddings"
        )
        self.embeddings.updated_by_rows = True  # for `LazyAdam`
        join_group([self.embeddings], WORD_VECTORS)

    def assign(self, table: np.ndarray) -> None:
        """Set all rows, float `(rows, size)`."""
        self.embeddings.assign(table)

    def call(self, ids):
        ids = ops.cast(ids, "int32")
        if keras.config.backend() == "tensorflow":
            import tensorflow as tf

            rows = tf.gather(self.embeddings.value, ids)
        else:
            rows = ops.take(self.embeddings, ids, axis=0)
        return ops.cast(rows, self.compute_dtype)  # (batch, tokens, size)

    def load_own_variables(self, store: Any) -> None:
        """Keras's; in older files the rows that did not train are an array of their own."""
        parts = [np.asarray(store[name]) for name in sorted(store.keys())]
        table = np.concatenate(parts) if parts else np.empty((0, self.size))
        if table.shape != (self.rows, self.size):
            raise ValueError(
                f"{self.name!r} must have {(self.rows, self.size)} numbers. Received: {table.shape}"
            )
        self.assign(table)

    def compute_output_shape(self, ids_shape):
        return (*ids_shape, self.size)
