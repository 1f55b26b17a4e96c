"""A linear chain of tags on whole sentences, in NumPy: the best sequence, and probabilities.

Potentials are the outputs of a [`CRF`][keras_elmo.layers.crf.CRF], or log-probabilities of tags
that are independent of one another, with transitions of 0 or what forbids some of them.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

# The score of what is forbidden. Float16 can hold it, and its exponential is zero in any precision.
FORBIDDEN = -1e4
_BYTES = 2**20  # of the scores of all transitions in a batch: they should fit into the cache


class Messages(NamedTuple):
    r"""The two recursions over a sentence of n tokens, in the log domain.

    Attributes:
        forward: float32 `(n, tags)`, of all that may stand before a tag at a token, and of itself.
        backward: float32 `(n, tags)`, of itself and all that may stand behind.
        potentials: float32 `(n, tags)`.
        log_z: the log of the sum over all sequences.
    """

    forward: np.ndarray
    backward: np.ndarray
    potentials: np.ndarray
    log_z: float

    def marginals(self) -> np.ndarray:
        """The probability of each tag at each token, float32 `(n, tags)`."""
        scores = self.forward + self.backward - self.potentials
        return np.exp(scores - _log_sum(scores)[:, None])


def viterbi(potentials: Sequence[np.ndarray], transitions: np.ndarray) -> list[np.ndarray]:
    """The most probable tags of each sentence, int `(n,)`; of equals the lower number.

    Args:
        potentials: float `(n, tags)` for each sentence.
        transitions: float `(tags, tags)`: row before column.
    """
    found: list[np.ndarray] = [np.empty(0, int)] * len(potentials)
    transitions = np.asarray(transitions, np.float32)
    for rows, x, lengths in _batches(potentials):
        best = _forward(x, transitions, lambda scores: scores.max(axis=1))
        tags = np.empty(x.shape[:2], int)  # (time, batch)
        tags[-1] = best[-1].argmax(axis=1)
        for t in reversed(range(len(x) - 1)):
            onwards = best[t] + transitions[:, tags[t + 1]].T
            ends = lengths == t + 1  # here, with no token behind
            tags[t] = np.where(ends[:, None], best[t], onwards).argmax(axis=1)
        for row, path, length in zip(rows, tags.T, lengths, strict=True):
            found[row] = path[:length]
    return found


def messages(potentials: Sequence[np.ndarray], transitions: np.ndarray) -> list[Messages]:
    """Both recursions over each sentence; arguments as of `viterbi`."""
    none = np.empty((0, 0), np.float32)
    found = [Messages(none, none, none, 0.0)] * len(potentials)
    transitions = np.asarray(transitions, np.float32)
    for rows, x, lengths in _batches(potentials):
        time = np.arange(len(x))[:, None]
        place = np.where(time < lengths, lengths - 1 - time, time)  # (time, batch)
        backwards = np.take_along_axis(x, place[:, :, None], axis=0)
        forward = _forward(x, transitions, _log_sum)
        backward = _forward(backwards, transitions.T, _log_sum)
        backward = np.take_along_axis(backward, place[:, :, None], axis=0)
        log_z = _log_sum(backward[0], axis=1)
        for k, (row, n) in enumerate(zip(rows, lengths, strict=True)):
            found[row] = Messages(forward[:n, k], backward[:n, k], x[:n, k], float(log_z[k]))
    return found


def _forward(x: np.ndarray, transitions: np.ndarray, join: Callable) -> np.ndarray:
    """A recursion from the first token on, float32 `(time, batch, tags)`."""
    found = np.empty_like(x)
    found[0] = x[0]
    scores = np.empty((*x.shape[1:], x.shape[2]), np.float32)  # (batch, from, to)
    for t in range(1, len(x)):
        np.add(found[t - 1][:, :, None], transitions, out=scores)
        np.add(join(scores), x[t], out=found[t])
    return found


def _log_sum(scores: np.ndarray, axis: int = 1) -> np.ndarray:
    highest = scores.max(axis=axis, keepdims=True)
    return np.log(np.exp(scores - highest).sum(axis=axis)) + highest.squeeze(axis)


def _batches(
    potentials: Sequence[np.ndarray],
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Sentences of like lengths: their numbers, float32 `(time, batch, tags)`, their lengths."""
    lengths = np.array([len(sentence) for sentence in potentials], int)
    order = [i for i in np.argsort(lengths, kind="stable") if lengths[i]]
    if not order:
        return
    tags = potentials[order[0]].shape[1]
    size = max(1, _BYTES // (4 * tags * tags))
    for start in range(0, len(order), size):
        rows = np.array(order[start : start + size])
        x = np.zeros((lengths[rows].max(), len(rows), tags), np.float32)
        for k, row in enumerate(rows):
            x[: lengths[row], k] = potentials[row]
        yield rows, x, lengths[rows]
