"""Gradients of tables as those rows that a batch holds, as far as a backend gives them so."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


def is_rows(gradient: Any) -> bool:
    """Whether it is TensorFlow's `IndexedSlices`: rows, with their numbers."""
    return type(gradient).__name__ == "IndexedSlices"


def summed_rows(gradient: Any) -> Any:
    """`IndexedSlices` in which each row stands once: repeated ones are added up."""
    import tensorflow as tf

    numbers, places = tf.unique(gradient.indices)
    values = tf.math.unsorted_segment_sum(gradient.values, places, tf.size(numbers))
    return tf.IndexedSlices(values, numbers, gradient.dense_shape)


def map_rows(function: Callable[[Any], Any], gradient: Any) -> Any:
    """A function of each number of a gradient, as rows if it is rows."""
    if not is_rows(gradient):
        return function(gradient)
    import tensorflow as tf

    return tf.IndexedSlices(function(gradient.values), gradient.indices, gradient.dense_shape)


def touched_rows(gradient: Any) -> tuple[Any, Any]:
    """The numbers of the rows that may have a gradient, and their gradients `(rows, size)`.

    None in place of the numbers stands for all rows: a compiled JAX program knows no sizes that
    depend on values.
    """
    if is_rows(gradient):
        rows = summed_rows(gradient)
        return rows.indices, rows.values
    if keras.config.backend() == "torch":
        numbers = (gradient != 0).any(dim=-1).nonzero().squeeze(-1)
        return numbers, gradient[numbers]
    return None, gradient


def read_rows(table: Any, rows: Any) -> Any:
    """Some rows of a variable, float `(rows, size)`, or all of them."""
    value = table.value if isinstance(table, keras.Variable) else table
    if rows is None:
        return ops.convert_to_tensor(value)
    if keras.config.backend() == "torch":
        return value.detach()[rows]
    import tensorflow as tf

    return tf.gather(value, rows)  # of the variable itself, which is not read whole


def write_rows(optimizer: keras.optimizers.Optimizer, table: Any, rows: Any, values: Any) -> None:
    """Set what `read_rows` reads."""
    if rows is None:
        optimizer.assign(table, values)
    elif keras.config.backend() == "torch":
        table.value.detach()[rows] = values
    else:
        import tensorflow as tf

        optimizer.assign(table, tf.IndexedSlices(values, rows))
