"""Any container that people pass → a list of its rows, by position.

pandas, polars, Arrow, TensorFlow, PyTorch and JAX are recognised by the methods of their
containers, so that none of them needs to be installed or imported.
"""

from collections.abc import Iterable, Mapping, Set
from operator import is_
from typing import Any

# What makes a plain list of a container: of Arrow; of pandas, polars and ragged tensors; of NumPy,
# PyTorch and JAX. They are looked up in the class: a Series gives its own rows as attributes.
_METHODS = ("to_pylist", "to_list", "tolist")


def as_rows(values: Any, name: str) -> list[Any]:
    """The rows of a container as plain Python values, by position.

    Args:
        values: a list, a tuple or another iterable; a NumPy array; a Series or a frame of one
            column of pandas or polars; an Arrow array; a tensor. Bytes are read as UTF-8. Of an
            array of strings of two axes each row is a list of tokens, without the `""` that fill
            it up; one column of it, `(n, 1)`, is a column of strings.
        name: name of the argument, for the error.

    Raises:
        TypeError: something without rows in an order: a dict, a set, a string, a number.
        ValueError: a frame of several columns, or bytes that are not UTF-8.

    Example:
        >>> as_rows(np.array([["a", "joy"], ["dull", ""]]), "x")
        [['a', 'joy'], ['dull']]
    """
    names = column_names(values)
    if names is not None:
        if len(names) != 1:
            shown = ", ".join(map(str, names[:8])) + (", …" if len(names) > 8 else "")
            first = names[0] if names else "text"
            raise ValueError(
                f"`{name}` must be one column. Received: a {type(values).__name__} with "
                f"{len(names)} columns, {shown}. Take one of them: {name}=frame[{first!r}]"
            )
        values = values[names[0]]
    if isinstance(values, str | bytes | Mapping | Set) or not is_container(values):
        raise TypeError(
            f"`{name}` must hold rows in an order: a list, an array, a Series or another column. "
            f"Received: {type(values).__name__}, {values!r:.80}"
        )
    shape = getattr(values, "shape", ())
    rows = _listed(values)
    if len(shape) == 2 and all(isinstance(row, list) for row in rows):
        rows = [plain(row, name) for row in rows]
        if shape[1] == 1 and all(isinstance(row[0], str) for row in rows):
            return [row[0] for row in rows]  # a column of strings
        return list(map(_without_filling, rows))
    return [plain(row, name) for row in rows]


def plain(value: Any, name: str) -> Any:
    """A row as Python has it: bytes as strings, NumPy's numbers as Python's, arrays as lists."""
    kind = type(value)
    if kind is str or kind is int or kind is float:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes | bytearray):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"`{name}` must be strings. Received: bytes, {value!r:.80}") from error
    if isinstance(value, tuple):
        parts = tuple(plain(part, name) for part in value)
        return value if all(map(is_, parts, value)) else parts  # a named one stays what it is
    if isinstance(value, list):
        plainly = all(type(part) is str for part in value)
        return value if plainly else [plain(part, name) for part in value]
    if isinstance(value, Mapping | Set) or not is_container(value):
        # A number of NumPy, or a tensor of no axes.
        return plain(getattr(value, "item")(), name) if hasattr(kind, "item") else value  # noqa: B009
    return [plain(part, name) for part in _listed(value)]


def column_names(values: Any) -> list[Any] | None:
    """The names of a frame's columns; None for what is no frame."""
    kind = type(values)
    for attribute in ("column_names", "columns"):  # Arrow and the hub's data sets; pandas, polars
        if hasattr(kind, attribute) and hasattr(kind, "__getitem__"):
            return list(getattr(values, attribute))
    names = getattr(getattr(values, "dtype", None), "names", None)  # NumPy's records
    return list(names) if names else None


def is_container(value: Any) -> bool:
    """Whether something has parts: an iterable or an array, no string and no single value."""
    if isinstance(value, str | bytes):
        return False
    kind = type(value)
    listed = isinstance(value, Iterable) or any(hasattr(kind, method) for method in _METHODS)
    return listed and getattr(value, "shape", None) != ()


def is_missing(value: Any) -> bool:
    """Whether a value stands for one that is not there: None, NaN, pandas's NA and NaT."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def _listed(values: Any) -> list[Any]:
    kind = type(values)
    for method in _METHODS:
        if hasattr(kind, method):
            return getattr(values, method)()
    if hasattr(kind, "numpy"):  # of TensorFlow
        return values.numpy().tolist()
    return list(values)


def _without_filling(row: list[Any]) -> list[Any]:
    end = len(row)
    while end and row[end - 1] == "" and isinstance(row[end - 1], str):
        end -= 1
    return row[:end]
