"""Data sets and generators of texts: told apart from those of arrays, and read."""

from collections.abc import Mapping
from typing import Any

import keras

from keras_elmo.batching.batches import SentenceBatches
from keras_elmo.text.rows import as_rows, column_names, is_container, plain


def gives_batches(x: Any) -> bool:
    """Whether `x` is a data set of arrays, as Keras's own `fit` takes it."""
    return _is_dataset(x) and not gives_texts(x)


def gives_texts(x: Any) -> bool:
    """Whether `x` is a `tf.data.Dataset` or a `PyDataset` of strings."""
    if isinstance(x, SentenceBatches) or not _is_dataset(x):
        return False
    if hasattr(x, "element_spec"):
        spec = x.element_spec
        parts = keras.tree.flatten(spec[0] if isinstance(spec, tuple) else spec)
        return any(str(getattr(part, "dtype", "")) == "<dtype: 'string'>" for part in parts)
    if not len(x):
        return False
    first = x[0]
    part = first[0] if isinstance(first, tuple) else first
    if isinstance(part, Mapping):
        part = next(iter(part.values()), None)
    if not is_container(part) or column_names(part) is not None:
        return False
    leaves = keras.tree.flatten(as_rows(part, "x")[:1])
    return bool(leaves) and isinstance(leaves[0], str)


def is_generator(x: Any) -> bool:
    """Whether `x` is a generator or another iterator."""
    return hasattr(x, "__next__")


def read_data(x: Any) -> tuple[Any, Any, Any]:
    """Sentences, labels and weights of a data set or a generator, read once from begin to end.

    Labels and weights are None where it has none.

    Raises:
        ValueError: a data set without an end, or batches of another form.
    """
    parts: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
    width = 0
    for element in _elements(x):
        columns = element if isinstance(element, tuple) else (element,)
        width = max(width, len(columns))
        if not 1 <= len(columns) <= 3 or len(columns) < width:
            raise ValueError(
                "a data set must give x, (x, y) or (x, y, sample_weight). "
                f"Received: {len(columns)} parts"
            )
        one = _is_one(columns[0])
        for found, part, name in zip(parts, columns, ("x", "y", "sample_weight"), strict=False):
            part = _rows_of_structure(part, one)
            found.extend([part] if one else as_rows(part, name))
    x, y, weights = parts
    return x, (y if width > 1 else None), (weights if width > 2 else None)


def _elements(x: Any) -> Any:
    if hasattr(x, "element_spec"):
        if int(x.cardinality()) == -1:  # tf.data.INFINITE_CARDINALITY
            raise ValueError(
                "sentences are read once, so that a data set must have an end. Received: a "
                "tf.data.Dataset without one. Leave `repeat` out; `epochs` repeats it."
            )
        return x
    if isinstance(x, keras.utils.PyDataset):
        if x.num_batches is None:
            raise ValueError(
                "sentences are read once, so that a data set must have an end. "
                "Received: a PyDataset of unknown length. Give it `__len__`."
            )
        return (x[i] for i in range(len(x)))
    return x


def _is_one(part: Any) -> bool:
    """Whether an element is a single sentence and no batch: a string, or a tensor of one."""
    if isinstance(part, Mapping):
        part = next(iter(part.values()))
    if isinstance(part, tuple):
        part = part[0]
    return not is_container(part)


def _rows_of_structure(part: Any, one: bool) -> Any:
    """Two tensors of texts as rows of pairs; a dict of tensors as rows of dicts."""
    if one:
        if isinstance(part, Mapping):
            return {name: _text(value) for name, value in part.items()}
        return tuple(map(_text, part)) if isinstance(part, tuple) else _text(part)
    if isinstance(part, Mapping):
        columns = [as_rows(value, str(name)) for name, value in part.items()]
        return [dict(zip(part, row, strict=True)) for row in zip(*columns, strict=True)]
    if isinstance(part, tuple) and all(getattr(value, "shape", None) is not None for value in part):
        return list(zip(*(as_rows(value, "x") for value in part), strict=True))
    return part


def _text(value: Any) -> Any:
    return plain(value.numpy() if hasattr(type(value), "numpy") else value, "x")


def _is_dataset(x: Any) -> bool:
    return isinstance(x, keras.utils.PyDataset) or hasattr(x, "element_spec")
