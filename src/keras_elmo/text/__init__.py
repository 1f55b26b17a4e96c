"""Strings to arrays: tokenizers, character ids, vocabularies, data readers. NumPy only."""

from keras_elmo.data.columns import (
    ColumnSentence,
    conll_lines,
    conllu_lines,
    read_columns,
)
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
from keras_elmo.text.characters import CharacterEncoder
from keras_elmo.text.tags import convert_tags, detect_scheme, to_bio
from keras_elmo.text.tokenizers import get_tokenizer
from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.text.word_vectors import read_glove

__all__ = [
    "CharacterEncoder",
    "ColumnSentence",
    "DataError",
    "Example",
    "TaggedSentence",
    "Vocabulary",
    "conll_lines",
    "conllu_lines",
    "convert_tags",
    "detect_scheme",
    "get_tokenizer",
    "read_columns",
    "read_conll",
    "read_glove",
    "read_jsonl",
    "read_lines",
    "read_squad",
    "read_table",
    "read_tagged_jsonl",
    "to_bio",
]
