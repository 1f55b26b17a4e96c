"""Sentences of any number and length, with words as frequent as in a real text."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

TEXT = Path(__file__).parents[2] / "shared/data/splits/fpb-50agree/train.tsv"


def read_sentences(path: Path, count: int | None = None) -> list[list[str]]:
    """Token lists of a tokenised text, one a line; of a table the last column is the text."""
    with open(path, encoding="utf-8") as file:
        texts = (line.rstrip("\n").split("\t")[-1].split() for line in file)
        return [text for text in texts if text][:count]


class SyntheticText:
    """Draws words.

    Args:
        path: the text whose words they are.
        new_words: the share of words that were never seen before, as every long text has them.
        seed: of the draws.
    """

    def __init__(self, path: Path, *, new_words: float = 0.0, seed: int = 0):
        tokens = [token for sentence in read_sentences(path) for token in sentence]
        self._words, counts = np.unique(tokens, return_counts=True)
        self._shares = counts / counts.sum()
        self._new_words, self._random, self._made = new_words, np.random.default_rng(seed), 0

    def sentences(self, lengths: np.ndarray) -> Iterator[list[str]]:
        """A sentence of each length."""
        for begin in range(0, len(lengths), 1000):  # a draw for each sentence would be slow
            some = lengths[begin : begin + 1000]
            words = self._random.choice(self._words, some.sum(), p=self._shares).tolist()
            for i in np.flatnonzero(self._random.random(len(words)) < self._new_words):
                self._made += 1
                words[i] = f"{words[i]}-{self._made}"
            ends = np.cumsum(some)
            for end, length in zip(ends.tolist(), some.tolist(), strict=True):
                yield words[end - length : end]
