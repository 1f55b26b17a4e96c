"""Token lists → batches of sentences of about one length, for fit, evaluate and predict."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np

from keras_elmo._values import SEED
from keras_elmo.batching.word_types import WordTypes
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.text.padding import TOKENS_PER_ROW, cut_batches, padded, rounded_length

FEATURES = "elmo_features"  # an input in place of ids, where ELMo was run before

# Row numbers of a batch and its length in tokens → (targets, weights).
TargetFunction = Callable[[np.ndarray, int], tuple[Any, Any]]

_POOL = 50  # batches that are sorted by length together: little padding, still random


class SentenceBatches(keras.utils.PyDataset):
    """Batches of `(inputs, targets, weights)` for a task.

    Args:
        sentences: token lists.
        preprocessor: encodes token lists.
        input_names: which of the preprocessor's arrays the model reads.
        targets: gives targets and weights of a batch; None for batches of inputs only.
        sizes: sizes by which batches are sorted and bounded, int `(sentences,)`; None: tokens.
        batch_size: number of rows of a batch, fewer where sentences are very long.
        shuffle: new batches in a new order for every epoch; False: by length, fixed.
        seed: seed of the order, which follows from it and the epoch's number alone.

    Attributes:
        features: of each sentence, float `(tokens, layers, 2 * projection_dim)`, computed before;
            they become one more input, `elmo_features`. None: ids are read.
        word_types: gives the distinct words of a batch; they become two more inputs.
        epoch: whose batches these are.
        rows: the sentence numbers of every batch, in order.
        done: how many of them are left out, because a training had them before it was interrupted.
    """

    tokens_per_row = TOKENS_PER_ROW
    takes_word_types = True

    def __init__(
        self,
        sentences: Sequence[list[str]],
        preprocessor: ElmoPreprocessor,
        input_names: Sequence[str],
        *,
        targets: TargetFunction | None = None,
        sizes: np.ndarray | None = None,
        batch_size: int = 32,
        shuffle: bool = False,
        seed: int = SEED,
    ):
        super().__init__()
        self.sentences = sentences
        self.preprocessor = preprocessor
        self.input_names = list(input_names)
        self.targets = targets
        self.features: Sequence[np.ndarray] | None = None
        self.word_types: WordTypes | None = None
        self.batch_size = batch_size
        self.shuffle = shuffle
        self._lengths = np.array(self.row_lengths(), dtype=np.int64)
        self._sizes = self._lengths if sizes is None else sizes
        self.seed = seed
        self._first = self._plan(0)
        self.set_epoch(0)

    def row_lengths(self) -> list[int]:
        """The tokens of each row, by which rows of like lengths come together."""
        return [len(tokens) for tokens in self.sentences]

    def __len__(self) -> int:
        return len(self.rows) - self.done

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        index += self.done
        rows = self.rows[index]
        length = self.padded_length(index, self._lengths)
        inputs = self.inputs(rows, length, self.input_names)
        return (inputs,) if self.targets is None else (inputs, *self.targets(rows, length))

    def inputs(
        self, numbers: Sequence[int] | np.ndarray, length: int, names: Iterable[str]
    ) -> dict[str, np.ndarray]:
        """The arrays of some sentences, padded to a length; no words are spelt for stored features.

        Args:
            numbers: which sentences.
            length: tokens of a row.
            names: which of the preprocessor's arrays; features and word types come beside them.
        """
        words = [self.sentences[i] for i in numbers]
        if self.features is not None:
            arrays = self._without_ids(words, length)
            # As they are stored: the model makes float32 of float16, with all cores.
            more = {FEATURES: padded([self.features[i] for i in numbers], length)}
        elif self.word_types is not None:
            arrays = self._without_ids(words, length)
            more = self.word_types.encode(words, length)
        else:
            arrays, more = self.preprocessor.encode(words, length), {}
        return {name: arrays[name] for name in names} | more

    def _without_ids(self, words: Sequence[list[str]], length: int) -> dict[str, np.ndarray]:
        """The arrays where no ids are read: Keras wants to see them, so they have no steps."""
        ids = self.preprocessor.elmo_arrays([[]] * len(words), 0)
        mask = np.arange(length) < np.array(list(map(len, words)))[:, None]
        return {**ids, **self.preprocessor.word_arrays(words, length), "padding_mask": mask}

    def on_epoch_end(self) -> None:
        """Go on to the next epoch. Keras also calls this when it has only looked at the data."""
        self.set_epoch(self.epoch + 1)

    def set_epoch(self, epoch: int, done: int = 0) -> None:
        """Take the batches of an epoch that are not done, whatever was read before."""
        self.epoch, self.done = epoch, done
        plan = self._plan(epoch) if self.shuffle else self._first
        if len(plan) != len(self._first):  # very long sentences; Keras expects a constant number
            order = self._random(epoch).permutation(len(self._first))
            plan = [self._first[i] for i in order]
        self.rows = plan

    def padded_length(self, index: int, lengths: np.ndarray) -> int:
        """The length that a batch is padded to, given the lengths of all sentences."""
        return rounded_length(int(lengths[self.rows[index]].max()))

    def _random(self, epoch: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, epoch])

    def _plan(self, epoch: int) -> list[np.ndarray]:
        if not self.shuffle:
            return self._cut(np.argsort(self._sizes, kind="stable"))
        random = self._random(epoch)
        order = random.permutation(len(self._lengths))
        size = _POOL * self.batch_size
        pools = [order[start : start + size] for start in range(0, len(order), size)]
        plan: list[np.ndarray] = []
        for pool in pools:
            plan += self._cut(pool[np.argsort(self._sizes[pool], kind="stable")])
        return [plan[i] for i in random.permutation(len(plan))]

    def _cut(self, order: np.ndarray) -> list[np.ndarray]:
        return cut_batches(order, self._sizes, self.batch_size, self.tokens_per_row)
