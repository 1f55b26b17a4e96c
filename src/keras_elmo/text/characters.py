"""Tokens to character ids: the UTF-8 bytes of a word between begin-of-word and end-of-word."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from keras_elmo.text.padding import padded_length

# Ids as the network reads them: 1 to 256 are bytes, then these. Published descriptions count from
# 0; everything is one higher here, because 0 marks a padded time step.
MASK_CHAR = 0
BOS_CHAR = 257
EOS_CHAR = 258
BOW_CHAR = 259
EOW_CHAR = 260
PAD_CHAR = 261

_MARKS = 2  # begin-of-word and end-of-word


class CharacterEncoder:
    """Turns tokens into rows of character ids (Peters et al. 2018, as published for every ELMo).

    A word is `[BOW, bytes..., EOW, PAD, ...]`. Bytes beyond `max_characters_per_token - 2` are cut,
    even inside a multi-byte character, because the published weights were trained that way. The
    empty string is a legal token. Any word has an id: there is no vocabulary.

    Args:
        max_characters_per_token: width `C` of a row, at least 3; the published models use 50.

    Raises:
        ValueError: a width below 3.

    Example:
        >>> CharacterEncoder(6).encode([["hi"], ["a", "b"]]).shape
        (2, 2, 6)
    """

    def __init__(self, max_characters_per_token: int = 50) -> None:
        if max_characters_per_token < _MARKS + 1:
            raise ValueError(
                f"max_characters_per_token must be at least {_MARKS + 1}, a byte and two marks. "
                f"Received: max_characters_per_token={max_characters_per_token}"
            )
        self.max_characters_per_token = max_characters_per_token

    @property
    def bos(self) -> np.ndarray:
        """The row of the sentence start `<S>`: int32 `(C,)`."""
        return _row([BOS_CHAR], self.max_characters_per_token)

    @property
    def eos(self) -> np.ndarray:
        """The row of the sentence end `</S>`: int32 `(C,)`."""
        return _row([EOS_CHAR], self.max_characters_per_token)

    def encode_word(self, word: str) -> np.ndarray:
        """The ids of one token: int32 `(C,)`, read-only because cached."""
        return _word(word, self.max_characters_per_token)

    def encode(self, sentences: Sequence[Sequence[str]], length: int | None = None) -> np.ndarray:
        """The ids of a batch of token lists, without sentence boundaries.

        Args:
            sentences: one list of tokens a sentence.
            length: time steps; longer sentences are cut, shorter ones padded with 0 on the right.
                The default is the longest sentence.

        Returns:
            int32 `(batch, time, C)`.

        Raises:
            ValueError: a string where a list of tokens belongs, a token that is no string.
        """
        time = padded_length(sentences, length)
        ids = np.full((len(sentences), time, self.max_characters_per_token), MASK_CHAR, np.int32)
        for rows, sentence in zip(ids, sentences, strict=True):
            for step, word in enumerate(sentence[:time]):
                rows[step] = self.encode_word(word)
        return ids


@lru_cache(maxsize=2**16)  # words repeat: 13 MB at width 50 save most of the work
def _word(word: str, width: int) -> np.ndarray:
    if not isinstance(word, str):
        raise ValueError(f"a token must be a string. Received: {word!r} of {type(word).__name__}")
    # Lone surrogates have no UTF-8 form; the published encoder drops them too.
    return _row([byte + 1 for byte in word.encode("utf-8", "ignore")], width)


def _row(characters: list[int], width: int) -> np.ndarray:
    row = np.full(width, PAD_CHAR, np.int32)
    word = [BOW_CHAR, *characters[: width - _MARKS], EOW_CHAR]
    row[: len(word)] = word
    row.flags.writeable = False
    return row
