"""Corpus → windows of contiguous text, for training with a carried state (bilm-tf's way)."""

from collections.abc import Iterator

import numpy as np

from keras_elmo.pretraining.corpus import BOS, EOS, Corpus

Window = tuple[np.ndarray, np.ndarray]


def stream_windows(
    corpus: Corpus, rows: int, steps: int, random: np.random.Generator
) -> Iterator[Window]:
    """One epoch of truncated backpropagation: windows that follow one another in each row.

    The text is a ring of `<S> w_1 … w_n` for each sentence, cut into `rows` blocks of equal length
    at a random place. The forward direction reads each block from its beginning, the backward
    direction from its end, so both find in their state what they have just read. Sentences keep
    their order: what stands before helps to predict what follows.

    Args:
        corpus: the text.
        rows: number of blocks that are read side by side.
        steps: number of words of a window.
        random: draws where the ring is cut.

    Yields:
        What is read and what it predicts, type ids int64 `(2, rows, steps)`, both in the order of
        the text. The forward direction predicts every word and `</S>`, the backward direction every
        word and `<S>`.

    Raises:
        ValueError: the corpus is shorter than one window.
    """
    lengths = np.diff(corpus.offsets)
    begins = corpus.offsets[:-1] + np.arange(len(lengths))  # of each sentence in the ring
    size = corpus.num_tokens + len(lengths)
    block = size // rows
    if block < steps:
        raise ValueError(
            f"The corpus has {size:,} words and sentence ends, fewer than one batch of {rows} rows "
            f"of {steps} words. Give more text, or smaller batches."
        )
    cut = int(random.integers(size))
    starts = cut + block * np.arange(rows)[:, None]
    place = np.arange(steps)
    for window in range(block // steps):
        forward = (starts + window * steps + place) % size  # (rows, steps)
        backward = (starts + block - (window + 1) * steps + place) % size
        read, predicted = zip(
            _pairs(corpus, begins, lengths, forward),
            _pairs(corpus, begins, lengths, backward)[::-1],
            strict=True,
        )
        yield np.stack(read), np.stack(predicted)


def _pairs(corpus, begins, lengths, places):
    """The words before and behind each gap of the ring: `<S> w_1`, `w_1 w_2`, … `w_n </S>`."""
    sentence = np.searchsorted(begins, places, side="right") - 1
    gap = places - begins[sentence]  # 0 … n
    last = len(corpus.tokens) - 1
    token = corpus.offsets[sentence] + gap  # of the word behind the gap
    tokens = np.asarray(corpus.tokens)
    before = np.where(gap == 0, BOS, tokens[np.maximum(token - 1, 0)])
    behind = np.where(gap == lengths[sentence], EOS, tokens[np.minimum(token, last)])
    return before.astype(np.int64), behind.astype(np.int64)
