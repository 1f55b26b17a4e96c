"""Corpus → batches of whole sentences of one length, so that nothing is padded."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Self

import keras
import numpy as np

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.pretraining.candidates import LogUniformSampler
from keras_elmo.pretraining.corpus import BOS, EOS, UNK, Corpus
from keras_elmo.text.characters import PAD_CHAR, CharacterEncoder

_MARK_ROWS = 2  # <S> and </S> are marks, not words spelt out
_WIDTHS = (16, 24)  # character ids of a group; what is longer is spelt in full
_JAX_MULTIPLE = 256
_EVALUATION_TOKENS = 1024


class TypeCharacters:
    """Character ids of every word type of a corpus, as one table.

    Most words are short, and all windows behind a word's end see the same padding. So words are
    spelt in groups of like lengths, each no wider than it must be: the maximum over windows is the
    same number, for less than half of the products.

    Args:
        types: word types, `<S>` and `</S>` first.
        max_characters_per_token, max_filter_width: those of the model.
    """

    def __init__(
        self, types: list[str], max_characters_per_token: int = 50, max_filter_width: int = 7
    ):
        encoder = CharacterEncoder(max_characters_per_token)
        self.table = np.zeros((len(types), max_characters_per_token), dtype=np.int16)
        self.table[BOS], self.table[EOS] = encoder.bos, encoder.eos
        for i in range(_MARK_ROWS, len(types)):
            self.table[i] = encoder.encode_word(types[i])
        # One whole window of padding at least, whose value every narrower group then has as well.
        needed = np.sum(self.table != PAD_CHAR, axis=1) + max_filter_width  # (types,)
        borders = [width for width in _WIDTHS if width < max_characters_per_token]
        self.widths = [*borders, max_characters_per_token]
        self.group = np.searchsorted(borders, needed).astype(np.int8)  # (types,)

    @classmethod
    def of_model(cls, types: list[str], backbone: ElmoBackbone) -> Self:
        """The table for the character CNN of `backbone`."""
        widest = max(width for width, _ in backbone.config.char_filters)
        return cls(types, backbone.config.max_characters_per_token, widest)

    def spell(self, type_ids: np.ndarray) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """Spell word types.

        Returns:
            One int32 array `(types of the group, width)` a group, and where each type stands in
            all groups one below the other: int64 `(type_ids,)`.
        """
        group = self.group[type_ids]
        rows = [np.flatnonzero(group == number) for number in range(len(self.widths))]
        padded = [_pad_rows(row) for row in rows]
        begin = np.cumsum([0, *map(len, padded)])
        place = np.empty(len(type_ids), dtype=np.int64)
        for number, row in enumerate(rows):
            place[row] = begin[number] + np.arange(len(row))
        spelt = (
            self.table[type_ids[row], :width].astype(np.int32)
            for row, width in zip(padded, self.widths, strict=True)
        )
        return tuple(spelt), place


def batch_plan(
    corpus: Corpus, tokens_per_batch: int, random: np.random.Generator
) -> list[np.ndarray]:
    """One epoch: arrays of sentence numbers, each of one length, in random order."""
    lengths = np.diff(corpus.offsets)
    shuffled = random.permutation(len(lengths))
    by_length = shuffled[np.argsort(lengths[shuffled], kind="stable")]
    borders = np.flatnonzero(np.diff(lengths[by_length])) + 1
    plan = []
    for group in np.split(by_length, borders):
        length = int(lengths[group[0]])
        if length == 0:
            continue
        rows = max(1, tokens_per_batch // (length + 1))
        plan.extend(np.split(group, range(rows, len(group), rows)))
    return [plan[i] for i in random.permutation(len(plan))]


class BatchMaker:
    """Makes the inputs of `ElmoLanguageModel`.

    Args:
        characters: those of the corpus's word types.
        vocabulary_size: number of words of the softmax.
        sampler: draws candidates for a sampled softmax; None for the full one.
        cutoffs: those of an adaptive softmax that is trained, or None.
    """

    def __init__(
        self,
        characters: TypeCharacters,
        vocabulary_size: int,
        sampler: LogUniformSampler | None = None,
        cutoffs: Sequence[int] | None = None,
    ):
        self.characters, self._size = characters, vocabulary_size
        self._sampler, self._cutoffs = sampler, cutoffs

    def of_sentences(
        self, corpus: Corpus, sentences: np.ndarray, random: np.random.Generator | None = None
    ) -> dict[str, np.ndarray]:
        """The batch of sentences of one length, by number."""
        begin = corpus.offsets[sentences]
        length = int(corpus.offsets[sentences[0] + 1] - begin[0])
        words = np.asarray(corpus.tokens)[begin[:, None] + np.arange(length)]  # (batch, length)
        tokens = np.pad(words, ((0, 0), (1, 1)), constant_values=((0, 0), (BOS, EOS)))
        before, behind = tokens[:, :-1], tokens[:, 1:]
        return self.of_types(np.stack([before, behind]), np.stack([behind, before]), random)

    def of_types(
        self, read: np.ndarray, predicted: np.ndarray, random: np.random.Generator | None = None
    ) -> dict[str, np.ndarray]:
        """The batch of types that are read and predicted, int `(2, batch, time)` each."""
        types, index = np.unique(read, return_inverse=True)
        spelt, place = self.characters.spell(types)
        targets = np.where(predicted < self._size, predicted, UNK)
        batch = {
            "type_characters": spelt,
            "type_index": place[index].reshape(read.shape).astype(np.int32),
            "targets": targets.astype(np.int32),
        }
        if self._sampler is not None and random is not None:
            batch["candidates"], log_counts = self._sampler.sample(random)
            batch["candidate_log_counts"] = log_counts[batch["candidates"]]
            batch["target_log_counts"] = log_counts[targets]
        if self._cutoffs:
            batch |= tail_rows(batch["targets"], [*self._cutoffs, self._size])
        return batch


def tail_rows(targets: np.ndarray, borders: Sequence[int]) -> dict[str, Any]:
    """Which predictions each cluster of an `AdaptiveSoftmax` is for.

    Args:
        targets: int `(2, batch, time)`.
        borders: the cut-offs and the size of the vocabulary.

    Returns:
        `tail_rows` and `tail_place`, as `AdaptiveSoftmax` takes them; `tail_place` has the shape
        of `targets`.
    """
    flat = targets.ravel()
    place, parts, begin = np.zeros(len(flat), dtype=np.int32), [], 1
    for start, end in pairwise(borders):
        rows = np.flatnonzero((flat >= start) & (flat < end))
        place[rows] = begin + np.arange(len(rows))
        parts.append(_pad_rows(rows).astype(np.int32))
        begin += len(parts[-1])
    return {"tail_rows": tuple(parts), "tail_place": place.reshape(targets.shape)}


def full_softmax_batches(
    corpus: Corpus, characters: TypeCharacters, vocabulary_size: int
) -> Iterator[dict[str, np.ndarray]]:
    """Every sentence once, for evaluation."""
    maker = BatchMaker(characters, vocabulary_size)
    for sentences in batch_plan(corpus, _EVALUATION_TOKENS, np.random.default_rng(0)):
        yield maker.of_sentences(corpus, sentences)


def _pad_rows(rows: np.ndarray) -> np.ndarray:
    """Add rows that nobody looks up, where none at all or a new number of them is no good."""
    # TensorFlow's convolution fails on an empty batch; JAX compiles once for each shape.
    multiple = _JAX_MULTIPLE if keras.config.backend() == "jax" else 1
    return np.pad(rows, (0, -max(1, len(rows)) % multiple + (len(rows) == 0)))
