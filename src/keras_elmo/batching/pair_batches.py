"""Pairs of texts → batches, in which each distinct text is one sentence for a frozen ELMo."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from keras_elmo.batching.batches import SentenceBatches
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.text.rows import as_rows, column_names

OTHER = "other_"  # before the name of each input of the other text: of a question, not its passage
MASK = "padding_mask"

# The tokens of a text and of the other one.
Texts = tuple[list[str], list[str]]


def make_texts(x: Any, preprocessor: ElmoPreprocessor) -> list[Texts]:
    """Tokens of pairs of texts, each distinct string split once.

    Args:
        x: what `pair_rows` takes.
        preprocessor: splits the strings.

    Raises:
        ValueError: something else than a pair of strings or token lists, or a text without a token.
    """
    split = cache(lambda text: preprocessor.tokenize([text])[0])

    def tokens(text: Any, number: int, which: str) -> list[str]:
        found = split(text) if isinstance(text, str) else preprocessor.tokenize([text])[0]
        if not found:
            raise ValueError(f"the {which} text of pair {number} is empty. Received: {text!r:.80}")
        return found

    texts = []
    for number, pair in enumerate(pair_rows(x)):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise ValueError(
                f"`x` must hold pairs of texts. Received: {pair!r:.80} as pair {number}. Write "
                "[('a man sleeps', 'he rests'), …], of two columns `list(zip(first, second))`."
            )
        texts.append((tokens(pair[0], number, "first"), tokens(pair[1], number, "second")))
    return texts


def pair_rows(x: Any) -> list[Any]:
    """A row for each pair of texts.

    Args:
        x: a pair; or pairs in any container, also a frame of two columns.
    """
    if is_pair(x):
        return [x]
    names = column_names(x)
    if names is None:
        return as_rows(x, "x")
    if len(names) != 2:
        raise ValueError(
            "`x` must hold pairs of texts: a frame of two columns, `frame[[first, second]]`. "
            f"Received: {len(names)} columns, {', '.join(map(str, names[:8]))}"
        )
    return list(zip(*(as_rows(x[name], str(name)) for name in names), strict=True))


def is_pair(x: Any) -> bool:
    """Whether `x` is one pair of strings and not many."""
    return isinstance(x, tuple) and len(x) == 2 and all(isinstance(text, str) for text in x)


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
