"""The one way in: what people hand to a task → rows that belong together, checked, by position."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_elmo.runtime.examples import Examples, Weights
from keras_elmo.tasks.text_data import gives_batches, gives_texts, is_generator
from keras_elmo.text.rows import as_rows


def read_examples(task: Any, x: Any, y: Any, sample_weight: Any = None) -> Examples:
    """Check sentences, labels and weights, and line them up.

    Args:
        task: whose `tokenize`, `read_targets` and `read_weights` say what a row is.
        x: sentences in any container that `as_rows` reads; or a `tf.data.Dataset`, a `PyDataset` or
            a generator of `(x, y)` or `(x, y, sample_weight)`.
        y: a label for each, where `x` does not bring them.
        sample_weight: None, or float `(sentences,)`; of a tagger also a list of floats a sentence,
            one for each token.

    Raises:
        TypeError: something that holds no rows.
        ValueError: no sentences, rows that do not belong together, or a row that the task refuses.
    """
    if y is None:
        x, y, own_weights = task.read_labelled(x)
        if sample_weight is not None and y is not None:
            raise ValueError(
                "`x` brings labels and weights of its own: (x, y, sample_weight). "
                "Received: `sample_weight` beside it"
            )
        sample_weight = own_weights if sample_weight is None else sample_weight
    if x is None or y is None:
        missing = "`x`" if x is None else "`y`"
        raise ValueError(
            f"give sentences and labels: task.fit(x, y). Received: no {missing}, "
            f"{'None' if x is None else type(x).__name__} for `x`"
        )
    if isinstance(y, str | bytes):
        raise ValueError(
            f"`y` must hold a label for each sentence. Received: one string, {y!r:.80}"
        )
    sentences = task.tokenize(x)
    targets = task.read_targets(y, sentences)
    if len(targets) != len(sentences) or not sentences:
        raise ValueError(
            "`x` and `y` must be of the same length and not empty. "
            f"Received: {len(sentences)} {task.row_name}, {len(targets)} {task.target_name}"
        )
    return Examples(sentences, targets, task.read_weights(sample_weight, sentences))


def read_validation(task: Any, data: Any) -> Examples:
    """The examples of `validation_data`.

    Args:
        task: the task that reads them.
        data: `(x, y)`, `(x, y, sample_weight)` or a data set of these.

    Raises:
        ValueError: something else.
    """
    if isinstance(data, tuple | list) and len(data) in (2, 3):
        return read_examples(task, *data)
    if gives_texts(data) or is_generator(data):
        return read_examples(task, data, None)
    raise ValueError(
        "`validation_data` must be (x, y) or (x, y, sample_weight), or a data set of these. "
        f"Received: {type(data).__name__}, {data!r:.80}"
    )


def hold_out(
    task: Any, examples: Examples, validation_data: Any, share: float, seed: int
) -> tuple[Examples, Examples | None]:
    """The examples to train on, and those to develop on: given ones, or a share of the others.

    Of `validation_data` that gives arrays, which Keras reads, there are none.
    """
    if validation_data is None and share:
        rows, others = split_rows(len(examples.x), share, seed)
        return examples.take(others), examples.take(rows)
    if validation_data is None or gives_batches(validation_data):
        return examples, None
    return examples, read_validation(task, validation_data)


def split_rows(count: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the rows that are held out, and of the others, in order.

    Raises:
        ValueError: nothing would be left of one of them.
    """
    if not 0.0 < share < 1.0 or not 0 < round(count * share) < count:
        raise ValueError(
            "`validation_split` must leave sentences on both sides. "
            f"Received: validation_split={share} of {count} sentences"
        )
    order = np.random.default_rng(seed).permutation(count)
    cut = round(count * share)
    return np.sort(order[:cut]), np.sort(order[cut:])


def read_weights(given: Any, sentences: Sequence[Any], *, by_token: bool = False) -> Weights:
    """Weights, one of each sentence or, of a tagger, of each token.

    Raises:
        ValueError: the weights are of another length, negative, or no finite numbers.
    """
    if given is None:
        return np.ones(len(sentences), np.float32)
    rows = as_rows(given, "sample_weight")
    if len(rows) != len(sentences):
        raise ValueError(
            "`sample_weight` must hold a weight for each sentence. "
            f"Received: {len(rows)} weights for {len(sentences)} sentences"
        )
    rows = [row[0] if isinstance(row, list) and len(row) == 1 else row for row in rows]
    many = [isinstance(row, list) for row in rows]
    if any(many) and not by_token:
        raise ValueError(
            "`sample_weight` must hold one number for each sentence. "
            f"Received: {rows[many.index(True)]!r:.80}"
        )
    if not any(many):
        return np.array([_weight(row, i) for i, row in enumerate(rows)], np.float32)
    pairs = zip(rows, sentences, strict=True)
    return [_token_weights(row, tokens, i) for i, (row, tokens) in enumerate(pairs)]


def _token_weights(row: Any, tokens: Sequence[str], number: int) -> np.ndarray:
    values = row if isinstance(row, list) else [row] * len(tokens)
    own, filling = values[: len(tokens)], values[len(tokens) :]
    if len(own) < len(tokens) or any(filling):
        raise ValueError(
            "`sample_weight` must hold a weight for each token. "
            f"Received: {len(values)} for the {len(tokens)} tokens of sentence {number}"
        )
    return np.array([_weight(value, number) for value in own], np.float32)


def _weight(value: Any, number: int) -> float:
    if not isinstance(value, int | float) or not 0.0 <= value < math.inf:
        raise ValueError(
            "`sample_weight` must hold finite numbers of at least 0. "
            f"Received: {value!r:.80} for sentence {number}"
        )
    return float(value)
