"""Strings to arrays: tokenizers, character ids, vocabularies, data readers. NumPy only."""

from keras_elmo.text.characters import CharacterEncoder
from keras_elmo.text.readers import (
    DataError,
    Example,
    TaggedSentence,
    read_conll,
    read_jsonl,
    read_lines,
    read_table,
    read_tagged_jsonl,
)
from keras_elmo.text.tags import convert_tags, detect_scheme, to_bio
from keras_elmo.text.tokenizers import get_tokenizer
from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.text.word_vectors import read_glove

__all__ = [
    "CharacterEncoder",
    "DataError",
    "Example",
    "TaggedSentence",
    "Vocabulary",
    "convert_tags",
    "detect_scheme",
    "get_tokenizer",
    "read_conll",
    "read_glove",
    "read_jsonl",
    "read_lines",
    "read_table",
    "read_tagged_jsonl",
    "to_bio",
]
