"""Words to ids, for word-input models and for the softmax of pre-training."""

import gzip
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from keras_elmo.files.lines import DataError, numbered_lines
from keras_elmo.files.new_file import new_file
from keras_elmo.text.padding import padded_length

BOS_TOKEN, EOS_TOKEN, UNK_TOKEN = MARKS = ("<S>", "</S>", "<UNK>")
BOS_ID, EOS_ID, UNK_ID = 1, 2, 3  # their places in every vocabulary; 0 is a padded time step

_IGNORED = "!!!MAXTERMID"  # a counter that stands among the tokens of some published files


class Vocabulary:
    """The words a model knows; a word's id is its place, counted from 1 (0 is padding).

    Args:
        tokens: all words, `<S>`, `</S>` and `<UNK>` first, then usually by falling frequency.

    Raises:
        ValueError: other first words, an empty or repeated word, a line end or zero inside a word.

    Example:
        >>> Vocabulary(["<S>", "</S>", "<UNK>", "the"]).encode([["the", "cat"]])
        array([[4, 3]], dtype=int32)
    """

    def __init__(self, tokens: Iterable[str]) -> None:
        self.tokens = tuple(tokens)
        self._ids = {token: place for place, token in enumerate(self.tokens, 1)}
        if self.tokens[: len(MARKS)] != MARKS:
            raise ValueError(
                f"a vocabulary must begin with {' '.join(MARKS)}. "
                f"Received: {' '.join(self.tokens[: len(MARKS)])}"
            )
        for place, token in enumerate(self.tokens, 1):
            if not _is_word(token):
                raise ValueError(
                    f"a word must be a string that can stand on a line. Received: {token!r}"
                )
            if self._ids[token] != place:
                raise ValueError(f"a word may stand only once. Received: {token!r} twice")

    @classmethod
    def from_counts(
        cls, counts: Mapping[str, int], max_size: int | None = None, min_count: int = 1
    ) -> Self:
        """The most frequent words, ties in the order of code points.

        Args:
            counts: how often each word occurs; `<S>`, `</S>` and `<UNK>` need not be there.
            max_size: number of words to keep, these three included; None keeps all.
            min_count: rarer words are left out, and so are strings that cannot stand on a line.

        Raises:
            ValueError: a `max_size` without room for the three.
        """
        if max_size is not None and max_size < len(MARKS):
            raise ValueError(f"max_size must be at least {len(MARKS)}. Received: {max_size}")
        known = [word for word, count in counts.items() if count >= min_count and _is_word(word)]
        ranked = sorted(set(known) - set(MARKS), key=lambda word: (-counts[word], word))
        return cls([*MARKS, *ranked][:max_size])

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file with one word a line, compressed or not; passes over `!!!MAXTERMID`.

        Raises:
            DataError: a blank line between words, or words that are no vocabulary.
        """
        tokens, blank = [], 0
        for line, token in numbered_lines(path, "utf-8"):
            if token and blank:  # a word more or less would shift the ids of all that follow
                raise DataError.at(path, blank, "blank line between words. Remove it.")
            if token and token != _IGNORED:
                tokens.append(token)
            elif not token:
                blank = blank or line
        try:
            return cls(tokens)
        except ValueError as error:
            raise DataError(f"{path}: {error}") from error

    def save(self, path: str | Path) -> None:
        """Write one word a line, compressed if the name ends in `.gz`; replaces an older file."""
        content = "".join(f"{token}\n" for token in self.tokens).encode()
        path = Path(path)
        if path.suffix == ".gz":
            content = gzip.compress(content, mtime=0)  # equal words, equal bytes
        with new_file(path, overwrite=True) as unfinished:
            unfinished.write_bytes(content)

    def __contains__(self, token: str) -> bool:
        """Whether the word is known."""
        return token in self._ids

    def __len__(self) -> int:
        """The number of words, `<S>`, `</S>` and `<UNK>` included, padding not."""
        return len(self.tokens)

    def encode(self, sentences: Sequence[Sequence[str]], length: int | None = None) -> np.ndarray:
        """The ids of a batch of token lists; a word that is not known is `<UNK>`.

        Args:
            sentences: one list of tokens a sentence.
            length: time steps; longer sentences are cut, shorter ones padded with 0 on the right.
                The default is the longest sentence.

        Returns:
            int32 `(batch, time)`.

        Raises:
            ValueError: a string where a list of tokens belongs.
        """
        time = padded_length(sentences, length)
        ids = np.zeros((len(sentences), time), np.int32)
        for row, sentence in zip(ids, sentences, strict=True):
            words = sentence[:time]
            row[: len(words)] = [self._ids.get(word, UNK_ID) for word in words]
        return ids


def _is_word(token: str) -> bool:
    """Whether a line of a vocabulary file can hold the token, so that saving loses nothing."""
    return token not in ("", _IGNORED) and not {"\n", "\r", "\0"} & set(token)
