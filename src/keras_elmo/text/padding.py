"""Batches of token lists: which stand together, and their common length."""

from collections.abc import Sequence

import numpy as np

_LENGTH_STEP = 8  # lengths are rounded up to a multiple: JAX compiles once for each shape
# A batch holds at most its number of sentences × this many padded tokens, so that a very long
# sentence shrinks its batch instead of exhausting the memory.
TOKENS_PER_ROW = 128


def padded_length(sentences: Sequence[Sequence[str]], length: int | None) -> int:
    """The number of time steps of a batch: `length`, or else the longest sentence.

    Raises:
        ValueError: a string where a list of tokens belongs, or a negative length.
    """
    if isinstance(sentences, str) or any(isinstance(sentence, str) for sentence in sentences):
        raise ValueError(
            "sentences must be lists of tokens, one list a sentence. Received: a string. "
            'Split it first, e.g. with `get_tokenizer("words")`.'
        )
    if length is None:
        return max(map(len, sentences), default=0)
    if length < 0:
        raise ValueError(f"length must be None or at least 0. Received: length={length}")
    return length


def rounded_length(length: int) -> int:
    """The length that a batch is padded to: one of few."""
    return max(1, -(-int(length) // _LENGTH_STEP)) * _LENGTH_STEP


def cut_batches(
    order: np.ndarray, sizes: np.ndarray, batch_size: int, tokens_per_row: int = TOKENS_PER_ROW
) -> list[np.ndarray]:
    """Sentences in an order of rising size as batches.

    Args:
        order: numbers of sentences.
        sizes: of each sentence, in tokens.
        batch_size: number of sentences of a batch, fewer where they are very long.
        tokens_per_row: so many padded tokens for each of `batch_size`, at most.
    """
    plan, start = [], 0
    while start < len(order):
        rows = order[start : start + batch_size]
        # Sorted by length, so the last row of a prefix is its longest.
        lengths = np.array([rounded_length(int(n)) for n in sizes[rows]])
        fits = np.arange(1, len(rows) + 1) * lengths <= batch_size * tokens_per_row
        plan.append(rows[: max(1, int(fits.sum()))])
        start += len(plan[-1])
    return plan


def padded(rows: Sequence[np.ndarray], length: int) -> np.ndarray:
    """Arrays as rows of one, zero behind each, in their own dtype: `(len(rows), length, …)`."""
    found = np.zeros((len(rows), length, *rows[0].shape[1:]), rows[0].dtype)
    for row, values in zip(found, rows, strict=True):
        row[: len(values)] = values
    return found
