"""What `ElmoEmbedding` takes: which kind of input it is, strings as tensors, and refusals."""

from typing import Any

import keras
import numpy as np
from keras import ops


def input_kind(inputs: Any, width: int, column: bool | None) -> str:
    """`"sentences"`, `"tokens"` or `"ids"`.

    Args:
        inputs: a tensor, real or symbolic.
        width: of a row of character ids.
        column: whether the layer was built for strings `(batch, 1)`, which are sentences; None if
            for no strings of two axes.

    Raises:
        ValueError: another shape or dtype.
    """
    shape, dtype = tuple(inputs.shape), keras.backend.standardize_dtype(inputs.dtype)
    if dtype == "string":
        check_backend()
        if len(shape) == 1:
            return "sentences"
        if len(shape) == 2 and column is not False and shape[1] == 1:
            return "sentences"
        if len(shape) == 2 and not column:
            return "tokens"
    elif "int" in dtype and len(shape) == 3 and shape[2] in (None, width):
        return "ids"
    raise ValueError(_refusal(shape, dtype, width, column))


def _refusal(shape: tuple[int | None, ...], dtype: str, width: int, column: bool | None) -> str:
    if dtype != "string":
        line = (
            f"`keras_elmo.ElmoPreprocessor(max_characters_per_token={width})(sentences)"
            f"['character_ids']`, and declare it as `keras.Input((None, {width}), dtype='int32')`"
        )
    elif column:
        line = "tokens to a layer that was declared with `keras.Input((None,), dtype='string')`"
    else:
        line = "`keras.Input((), dtype='string')` or `keras.Input((None,), dtype='string')`"
    return (
        "`ElmoEmbedding` takes sentences, string (batch,), or (batch, 1) where it was declared so; "
        'tokens, string (batch, words), ragged or with "" where padded; or character ids, int '
        f"(batch, words, {width}). Received: shape={shape}, dtype={dtype}. Give it {line}."
    )


def check_backend() -> None:
    """Refuse strings on another backend than TensorFlow."""
    if keras.config.backend() != "tensorflow":
        raise ValueError(
            "Strings inside a model exist on the TensorFlow backend only. "
            f"Received: strings on the {keras.config.backend()!r} backend. Encode them first: "
            "`keras_elmo.ElmoPreprocessor()(sentences)['character_ids']`."
        )


def as_tensor(inputs: Any) -> Any:
    """Strings outside of a tensor as one: lists, arrays and Series, of sentences or of tokens.

    What holds no strings is returned as it is.

    Raises:
        ValueError: strings on another backend than TensorFlow.
    """
    rows = _rows_of_strings(inputs)
    if rows is None:
        return inputs
    check_backend()
    import tensorflow as tf

    return tf.constant(rows)


def _rows_of_strings(inputs: Any) -> list[Any] | None:
    """A list of strings, or of lists of as many, padded with `""`; None for anything else."""
    if hasattr(inputs, "to_numpy"):  # a Series
        inputs = inputs.to_numpy()
    if isinstance(inputs, np.ndarray) and inputs.dtype.kind in "OSTU":
        inputs = inputs.tolist()
    if not isinstance(inputs, list | tuple) or not len(inputs):
        return None
    if isinstance(inputs[0], str | bytes):
        return list(inputs)
    if not all(isinstance(row, list | tuple | np.ndarray) for row in inputs):
        return None
    words = next((row[0] for row in inputs if len(row)), "")
    length = max(map(len, inputs))
    padded = [[*row, *[""] * (length - len(row))] for row in inputs]
    return padded if isinstance(words, str | bytes) else None


def fixed_length(ids: Any, length: int) -> Any:
    """Character ids cut, or padded with 0, to so many words."""
    ids = ops.pad(ids, ((0, 0), (0, length), (0, 0)))[:, :length]
    return ops.reshape(ids, (-1, length, ids.shape[2]))  # now the length is known in a graph too
