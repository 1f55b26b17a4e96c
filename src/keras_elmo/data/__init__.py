"""Labelled files → data sets: opened, decoded, recognised, read as examples. NumPy only."""

from keras_elmo.data.datasets import Dataset
from keras_elmo.data.examples import Example, Examples, open_examples, read_dataset
from keras_elmo.data.reading import Reading
from keras_elmo.files.lines import DataError

__all__ = [
    "DataError",
    "Dataset",
    "Example",
    "Examples",
    "Reading",
    "open_examples",
    "read_dataset",
]
