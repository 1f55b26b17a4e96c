"""Gradients of tables as those rows that a batch holds, as far as a backend gives them so."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
from keras import ops

# From the gradients of some rows and the rows of each variable to what these become.
Update = Callable[..., Sequence[Any]]
_BLOCK = 512  # rows, on JAX


def is_rows(gradient: Any) -> bool:
    """Whether a gradient is TensorFlow's `IndexedSlices`: rows, with their numbers."""
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


def update_rows(
    optimizer: keras.optimizers.Optimizer, gradient: Any, tables: Sequence[Any], update: Update
) -> None:
    """Change those rows of some variables of one shape that have a gradient.

    Args:
        optimizer: whose variables, or variables of whose model, these are.
        gradient: gradient of the first variable, `(rows, size)` or as rows.
        tables: the variables.
        update: from the gradients of some rows, and these rows of each variable, all float
            `(some, size)`, to what the variables have there from now on.
    """
    backend = keras.config.backend()
    if is_rows(gradient):
        import tensorflow as tf

        slices = summed_rows(gradient)
        # Of the variables themselves, which are not read whole.
        old = [tf.gather(_value(table), slices.indices) for table in tables]
        for table, new in zip(tables, update(slices.values, *old), strict=True):
            optimizer.assign(table, tf.IndexedSlices(new, slices.indices))
    elif backend == "torch":
        rows = gradient.any(dim=-1).nonzero().squeeze(-1)
        values = [_value(table).detach() for table in tables]
        old = [value[rows] for value in values]
        for value, new in zip(values, update(gradient[rows], *old), strict=True):
            value[rows] = new
    else:
        values = [ops.convert_to_tensor(_value(table)) for table in tables]
        of_all = partial(_in_blocks, update) if backend == "jax" else update
        new = of_all(gradient, *values)
        for table, value in zip(tables, new, strict=True):
            optimizer.assign(table, value)


def _in_blocks(update: Update, gradient: Any, *values: Any) -> Sequence[Any]:
    """`update` on JAX: compiled code has fixed sizes, so it goes through blocks of touched rows."""
    import jax  # pyright: ignore[reportMissingImports]
    from jax import numpy as jnp  # pyright: ignore[reportMissingImports]

    touched = jnp.any(gradient != 0, axis=-1)
    beyond = gradient.shape[0]  # the number of no row: read as zeros, never written
    rows = jnp.nonzero(touched, size=beyond, fill_value=beyond)[0]
    rows = jnp.pad(rows, (0, _BLOCK), constant_values=beyond)

    def block(number: Any, values: Sequence[Any]) -> Sequence[Any]:
        some = jax.lax.dynamic_slice(rows, (number * _BLOCK,), (_BLOCK,))
        parts = [x.at[some].get(mode="fill", fill_value=0) for x in (gradient, *values)]
        return [x.at[some].set(y, mode="drop") for x, y in zip(values, update(*parts), strict=True)]

    blocks = (jnp.sum(touched) + _BLOCK - 1) // _BLOCK
    return jax.lax.fori_loop(0, blocks, block, list(values))


def _value(table: Any) -> Any:
    return table.value if isinstance(table, keras.Variable) else table
