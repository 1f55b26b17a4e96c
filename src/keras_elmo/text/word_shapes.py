"""The shape of a word: what its letters and digits look like, whichever they are."""

from collections.abc import Sequence

import numpy as np

# Ids from 1, because 0 stands for padding.
SHAPES = (
    "other",
    "lower",  # word
    "upper",  # ELMO
    "initial",  # Word
    "mixed",  # iPhone
    "number",  # 1,000.5
    "mostly_number",  # 1990s
    "with_digit",  # B2B
)


def word_shape(word: str) -> str:
    """The name of a word's shape, one of `SHAPES` (after Reimers and Gurevych 2017).

    Example:
        >>> [word_shape(word) for word in ("Ada", "1990s", "iPhone", "3.14", "--")]
        ['initial', 'mostly_number', 'mixed', 'number', 'other']
    """
    digits = sum(character.isdigit() for character in word)
    letters = sum(character.isalpha() for character in word)
    if digits:
        if not letters:
            return "number"
        return "mostly_number" if digits > letters else "with_digit"
    if word.islower():
        return "lower"
    if word.isupper():  # a single capital begins a word or a sentence
        return "upper" if letters > 1 else "initial"
    if word[:1].isupper() and word[1:].islower():
        return "initial"
    return "mixed" if word.lower() != word.upper() else "other"


def encode_shapes(sentences: Sequence[Sequence[str]], time: int) -> np.ndarray:
    """Ids of shapes, int32 `(sentences, time)`, 0 where padded."""
    place = {name: i for i, name in enumerate(SHAPES, start=1)}
    ids = np.zeros((len(sentences), time), np.int32)
    for row, words in zip(ids, sentences, strict=True):
        shown = [place[word_shape(word)] for word in words[:time]]
        row[: len(shown)] = shown
    return ids
