"""N-grams: which words and pairs of words a text has, and which runs of characters."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

_SHORTEST, _LONGEST = 3, 5  # characters
_REMEMBERED = 65_536  # words


def word_ngrams(tokens: Sequence[str]) -> set[str]:
    """The lower-cased words of a sentence, and its pairs of neighbours.

    Example:
        >>> sorted(word_ngrams(["Not", "bad", "."]))
        ['.', 'bad', 'bad .', 'not', 'not bad']
    """
    words = [token.lower() for token in tokens]
    return {*words, *map(" ".join, pairwise(words))}


def character_ngrams(tokens: Sequence[str]) -> set[str]:
    """The runs of 3 to 5 characters inside the lower-cased words, a space at both of their ends.

    Example:
        >>> sorted(character_ngrams(["Bad"]))
        [' ba', ' bad', ' bad ', 'ad ', 'bad', 'bad ']
    """
    return {ngram for token in tokens for ngram in _inside(token.lower())}


@lru_cache(_REMEMBERED)
def _inside(word: str) -> frozenset[str]:
    word = f" {word} "
    lengths = range(_SHORTEST, min(_LONGEST, len(word)) + 1)
    return frozenset(word[i : i + n] for n in lengths for i in range(len(word) - n + 1))
