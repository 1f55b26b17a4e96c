"""Labelled files → data sets: opened, decoded, recognised, read as examples. NumPy only."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for editors and type checkers, which do not run `__getattr__`
    from keras_elmo.data.datasets import Dataset
    from keras_elmo.data.examples import Example, Examples, open_examples, read_dataset
    from keras_elmo.data.reading import Reading
    from keras_elmo.files.lines import DataError

_PLACES = {
    "DataError": "files.lines",
    "Dataset": "data.datasets",
    "Example": "data.examples",
    "Examples": "data.examples",
    "Reading": "data.reading",
    "open_examples": "data.examples",
    "read_dataset": "data.examples",
}
__all__ = [
    "DataError",
    "Dataset",
    "Example",
    "Examples",
    "Reading",
    "open_examples",
    "read_dataset",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use: help reads `Reading` alone, without NumPy."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"keras_elmo.{_PLACES[name]}"), name)
