"""The loop over time steps that all recurrences here share."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import keras
from keras import ops

Step = Callable[[tuple, tuple], tuple[tuple, tuple]]


def scan(
    step: Step,
    state: Sequence[Any],
    inputs: Sequence[Any],
    num_outputs: int,
    *,
    differentiable: bool = True,
    reverse: bool = False,
    unroll: bool = False,
) -> tuple[tuple, tuple]:
    """Apply `step` to one time step after the other.

    `keras.ops.scan` wants outputs of the state's shapes on TensorFlow, and `keras.layers.RNN` one
    output and batch-major arrays, which it transposes: hence this loop.

    Args:
        step: `(state, inputs of the step) → (state, outputs of the step)`, each a tuple of tensors;
            states keep shape and dtype, outputs are float32.
        state: the initial state.
        inputs: tensors `(time, ...)`, the first one at least, or outputs of another scan.
        num_outputs: how many outputs a step has.
        differentiable: False where no gradient goes through this loop: then TensorFlow reads its
            inputs without copying them.
        reverse: go from the last time step to the first; outputs stay at their inputs' places.
        unroll: write every step into TensorFlow's graph, where the number of steps is known. Faster
            to run, and slower to compile.

    Returns:
        The final state, and the outputs; `stacked` makes tensors `(time, ...)` of them. Until then
        TensorFlow's are in pieces, so that a scan that reads them again need not copy them.
    """
    backend = keras.config.backend()
    if backend == "jax":
        return _scan_jax(step, state, inputs, reverse)
    steps = inputs[0].shape[0]
    if backend == "tensorflow" and not (unroll and steps is not None):
        return _scan_tensorflow(step, state, inputs, num_outputs, differentiable, reverse)
    outputs: Any = [()] * steps
    for i in reversed(range(steps)) if reverse else range(steps):
        state, outputs[i] = step(tuple(state), tuple(x[i] for x in inputs))
    return tuple(state), tuple(zip(*outputs, strict=True))


def stacked(output: Any) -> Any:
    """An output of a scan as a tensor `(time, ...)`."""
    if isinstance(output, tuple):
        return ops.stack(output)
    return output.stack() if hasattr(output, "stack") else output


def _scan_jax(step, state, inputs, reverse):
    lax = import_module("jax.lax")  # by name: the types are checked without JAX
    return lax.scan(step, tuple(state), tuple(inputs), reverse=reverse)


def _scan_tensorflow(step, state, inputs, num_outputs, differentiable, reverse):
    import tensorflow as tf

    steps = tf.shape(inputs[0])[0]

    def source(x):
        if isinstance(x, tf.TensorArray):
            return x.read
        # A slice of the first axis shares its memory, but its gradient is as large as the whole.
        return tf.TensorArray(x.dtype, steps).unstack(x).read if differentiable else x.__getitem__

    read = [source(x) for x in inputs]

    def body(count, state, outputs):
        i = steps - 1 - count if reverse else count
        state, values = step(state, tuple(at(i) for at in read))
        written = (array.write(i, value) for array, value in zip(outputs, values, strict=True))
        return count + 1, state, tuple(written)

    outputs = tuple(
        tf.TensorArray("float32", steps, clear_after_read=False) for _ in range(num_outputs)
    )
    _, state, outputs = tf.while_loop(
        lambda count, *_: count < steps, body, (0, tuple(state), outputs)
    )
    return state, outputs
