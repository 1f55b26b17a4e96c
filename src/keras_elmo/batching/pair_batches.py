"""Pairs of texts → batches, in which each distinct text is one sentence for a frozen ELMo."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_elmo.batching.batches import SentenceBatches
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.runtime.pairs import OTHER, Texts

MASK = "padding_mask"


class PairBatches(SentenceBatches):
    """Batches of two texts a row.

    Args:
        texts: tokens of a text and of the other one, for each row.
        preprocessor, input_names, kwargs: see
            [`SentenceBatches`][keras_elmo.batching.batches.SentenceBatches].

    Attributes:
        sentences: each distinct text, so that ELMo reads it once; `features` are theirs.
    """

    takes_word_types = False

    def __init__(
        self,
        texts: Sequence[Texts],
        preprocessor: ElmoPreprocessor,
        input_names: Sequence[str],
        **kwargs: Any,
    ):
        places: dict[tuple[str, ...], int] = {}

        def place(tokens: Sequence[str]) -> int:
            return places.setdefault(tuple(tokens), len(places))

        self._texts = [(place(text), place(other)) for text, other in texts]
        self._other_lengths = np.array([len(other) for _, other in texts], dtype=np.int64)
        sizes = np.array([max(map(len, pair)) for pair in texts], dtype=np.int64)
        sentences = [list(tokens) for tokens in places]
        super().__init__(sentences, preprocessor, input_names, sizes=sizes, **kwargs)

    def row_lengths(self) -> list[int]:
        return [len(self.sentences[text]) for text, _ in self._texts]

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        index += self.done
        rows = self.rows[index]
        texts, others = zip(*(self._texts[i] for i in rows), strict=True)
        length = self.padded_length(index, self._lengths)
        inputs = self._inputs_of(texts, length, "")
        inputs |= self._inputs_of(others, self.padded_length(index, self._other_lengths), OTHER)
        return (inputs,) if self.targets is None else (inputs, *self.targets(rows, length))

    def _inputs_of(self, texts: Sequence[int], length: int, prefix: str) -> dict[str, np.ndarray]:
        own = (name for name in self.input_names if name.startswith(OTHER) == bool(prefix))
        arrays = self.inputs(texts, length, (name.removeprefix(prefix) for name in own))
        return {prefix + name: array for name, array in arrays.items()}


class WindowBatches(PairBatches):
    """Batches of windows of passages and their questions."""

    tokens_per_row = 512
