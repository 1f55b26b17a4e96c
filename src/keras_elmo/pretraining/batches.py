"""Corpus → batches of whole sentences of one length, so that nothing is padded."""

from collections.abc import Iterator

import numpy as np

from keras_elmo.pretraining.candidates import LogUniformSampler
from keras_elmo.pretraining.corpus import BOS, EOS, UNK, Corpus
from keras_elmo.text.characters import CharacterEncoder

_MARK_ROWS = 2  # <S> and </S> are marks, not words spelt out


class TypeCharacters:
    """Character ids of every word type of a corpus, as one table.

    Args:
        types: word types, `<S>` and `</S>` first.
        max_characters_per_token: as of the model.
    """

    def __init__(self, types: list[str], max_characters_per_token: int = 50):
        encoder = CharacterEncoder(max_characters_per_token)
        self.table = np.zeros((len(types), max_characters_per_token), dtype=np.int16)
        self.table[BOS], self.table[EOS] = encoder.bos, encoder.eos
        for i in range(_MARK_ROWS, len(types)):
            self.table[i] = encoder.encode_word(types[i])

    def __getitem__(self, type_ids: np.ndarray) -> np.ndarray:
        return self.table[type_ids].astype(np.int32)


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


def make_batch(
    corpus: Corpus,
    sentences: np.ndarray,
    characters: TypeCharacters,
    vocabulary_size: int,
    sampler: LogUniformSampler | None = None,
    random: np.random.Generator | None = None,
) -> dict[str, np.ndarray]:
    """The inputs of `ElmoLanguageModel` for sentences of one length; sampled with a `sampler`."""
    begin = corpus.offsets[sentences]
    length = int(corpus.offsets[sentences[0] + 1] - begin[0])
    words = np.asarray(corpus.tokens)[begin[:, None] + np.arange(length)]  # (batch, length)
    tokens = np.pad(words, ((0, 0), (1, 1)), constant_values=((0, 0), (BOS, EOS)))
    types, index = np.unique(tokens, return_inverse=True)
    targets = np.where(tokens < vocabulary_size, tokens, UNK)
    batch = {
        "type_characters": characters[_pad_to_multiple(types, 256)],
        "type_index": index.reshape(tokens.shape).astype(np.int32),
        "targets": targets.astype(np.int32),
    }
    if sampler is not None and random is not None:
        batch["candidates"], log_counts = sampler.sample(random)
        batch["candidate_log_counts"] = log_counts[batch["candidates"]]
        batch["target_log_counts"] = log_counts[targets]
    return batch


def full_softmax_batches(
    corpus: Corpus,
    characters: TypeCharacters,
    vocabulary_size: int,
    tokens_per_batch: int = 1024,
) -> Iterator[dict[str, np.ndarray]]:
    """Every sentence once, for evaluation."""
    for sentences in batch_plan(corpus, tokens_per_batch, np.random.default_rng(0)):
        yield make_batch(corpus, sentences, characters, vocabulary_size)


def _pad_to_multiple(ids: np.ndarray, multiple: int) -> np.ndarray:
    # Few distinct shapes: JAX compiles once for each.
    return np.pad(ids, (0, -len(ids) % multiple))
