"""Strings to arrays: tokenizers, characters, tags, vocabularies. NumPy only."""

from keras_elmo.text.characters import CharacterEncoder
from keras_elmo.text.tag_spellings import TagSpelling
from keras_elmo.text.tags import convert_tags, detect_scheme, to_bio
from keras_elmo.text.tokenizers import get_tokenizer
from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.text.word_vectors import read_word_vectors

__all__ = [
    "CharacterEncoder",
    "TagSpelling",
    "Vocabulary",
    "convert_tags",
    "detect_scheme",
    "get_tokenizer",
    "read_word_vectors",
    "to_bio",
]
