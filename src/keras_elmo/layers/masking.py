"""Scores and sums over many steps: float32 in any precision, and without what is not real."""

import keras
from keras import ops

# The score of what may not be chosen. No sum of real scores comes near it, its exponential is zero,
# and float32 holds it, which float16 does not: there it is infinite, and 0 times it no number.
MASKED = -1e9


def widened(x):
    """A tensor as float32 at least: sums over many steps are too much for half precision."""
    dtype = keras.backend.standardize_dtype(x.dtype)
    return ops.cast(x, keras.backend.result_type(dtype, "float32"))


def masked(scores, real=None):
    """Scores of any shape, float32, with `MASKED` for what is not real.

    `real` is bool, of the same shape or one that broadcasts; None stands for all.
    """
    scores = widened(scores)
    return scores if real is None else ops.where(real, scores, MASKED)


def is_masked(scores):
    """Whether a score, or a log-probability made of it, belongs to what may not be chosen."""
    return scores < 0.1 * MASKED


def masked_softmax(scores, real=None, axis=-1):
    """A softmax, float32, that gives nothing to what is not real: arguments as of `masked`.

    Along the axis the results add up to 1, or to 0 where nothing is real.
    """
    weights = ops.softmax(masked(scores, real), axis=axis)
    return weights if real is None else weights * ops.cast(real, weights.dtype)
