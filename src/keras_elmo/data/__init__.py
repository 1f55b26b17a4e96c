"""Labelled files → data sets: opened, decoded, recognised, read as examples. NumPy only."""

from keras_elmo.data.column_lines import conll_lines, conllu_lines
from keras_elmo.data.columns import ColumnSentence, read_columns
from keras_elmo.data.readers import (
    DataError,
    Example,
    TaggedSentence,
    read_conll,
    read_jsonl,
    read_lines,
    read_table,
    read_tagged_jsonl,
)
from keras_elmo.data.squad import read_squad

__all__ = [
    "ColumnSentence",
    "DataError",
    "Example",
    "TaggedSentence",
    "conll_lines",
    "conllu_lines",
    "read_columns",
    "read_conll",
    "read_jsonl",
    "read_lines",
    "read_squad",
    "read_table",
    "read_tagged_jsonl",
]
