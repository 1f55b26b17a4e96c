"""One column in every container that people bring, rows always in the order of the list.

The index of what pandas holds is shuffled: who goes by it and not by position mixes rows up.
"""

from importlib.util import find_spec

import numpy as np
import pytest


def _shuffled(count):
    return np.random.default_rng(1).permutation(count)


def _object_array(values):
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _pandas(values):
    pandas = pytest.importorskip("pandas")
    return pandas.Series(list(values), index=_shuffled(len(values)), name="column")


def _polars(values):
    return pytest.importorskip("polars").Series("column", list(values))


def _arrow(values):
    return pytest.importorskip("pyarrow").array(list(values))


def _tensor(values):
    return pytest.importorskip("tensorflow").constant(values)


def _ragged(values):
    return pytest.importorskip("tensorflow").ragged.constant(values)


def _chunked(values):
    arrow = pytest.importorskip("pyarrow")
    return arrow.chunked_array([arrow.array(values[:1]), arrow.array(values[1:])])


def _numpy_column(values):
    return np.array(values)[:, None]


# Of one value a row: a string, a number, a boolean.
COLUMNS = {
    "list": list,
    "tuple": tuple,
    "generator": lambda values: (value for value in values),
    "array": np.array,
    "object array": _object_array,
    "(n, 1)": _numpy_column,
    "Series": _pandas,
    "frame": lambda values: _pandas(values).to_frame(),
    "category": lambda values: _pandas(values).astype("category"),
    "polars Series": _polars,
    "polars frame": lambda values: _polars(values).to_frame(),
    "Arrow array": _arrow,
    "Arrow chunks": _chunked,
    "Arrow table": lambda values: pytest.importorskip("pyarrow").table({"column": values}),
    "tensor": _tensor,
}
# Of strings alone.
BYTES = {"bytes": lambda values: np.array([value.encode() for value in values])}
# Of a list of strings a row.
LISTS = {
    "list": list,
    "tuples": lambda rows: tuple(map(tuple, rows)),
    "generator": lambda rows: (row for row in rows),
    "object array": _object_array,
    "arrays": lambda rows: [np.array(row) for row in rows],
    "Series": _pandas,
    "frame": lambda rows: _pandas(rows).to_frame(),
    "polars Series": _polars,
    "Arrow array": _arrow,
    "ragged tensor": _ragged,
}


# The libraries that some containers are of; on JAX and PyTorch not all of them are installed.
_LIBRARIES = {
    "pandas": ("Series", "frame", "category"),
    "polars": ("polars Series", "polars frame"),
    "pyarrow": ("Arrow array", "Arrow chunks", "Arrow table"),
    "tensorflow": ("tensor", "ragged tensor"),
}


def available(forms):
    """Those of some containers whose library is installed."""
    missing = {
        name for library, names in _LIBRARIES.items() if not find_spec(library) for name in names
    }
    return {name: make for name, make in forms.items() if name not in missing}


def filled(rows, value=""):
    """Lists as a matrix, the rows filled up with a value."""
    width = max(map(len, rows))
    return np.array([[*row, *[value] * (width - len(row))] for row in rows])
