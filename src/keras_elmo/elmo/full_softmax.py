"""The softmax over all words in NumPy: distributions, single probabilities and draws."""

import keras
import numpy as np
from keras import ops

from keras_elmo.layers.adaptive_softmax import AdaptiveSoftmax
from keras_elmo.layers.sampled_softmax import SampledSoftmax

_MAX_LOGITS = 2**24  # that exist at once: 64 MiB


class FullSoftmax:
    """The full softmax of a language model, as it is now.

    Args:
        softmax: the layer of a language model, sampled or adaptive.
    """

    def __init__(self, softmax: SampledSoftmax | AdaptiveSoftmax):
        self._size = softmax.vocabulary_size
        self._tails: list[list[np.ndarray]] = []
        if isinstance(softmax, AdaptiveSoftmax):
            self._kernel, self._bias = _arrays(softmax.head_kernel, softmax.head_bias)
            self._tails = [_arrays(*tail) for tail in softmax.tails]
        else:
            self._kernel, self._bias = _arrays(softmax.kernel, softmax.bias)

    def log_probs(self, states: np.ndarray) -> np.ndarray:
        """Log-probabilities float32 `(..., V)` for states float32 `(..., P)`."""
        head = log_softmax(states @ self._kernel.T + self._bias)
        if not self._tails:
            return head
        words = head.shape[-1] - len(self._tails)
        parts = [head[..., :words]]
        for k, (projection, kernel, bias) in enumerate(self._tails, words):
            tail = log_softmax(states @ projection @ kernel.T + bias)
            parts.append(head[..., k : k + 1] + tail)
        return np.concatenate(parts, axis=-1)

    def log_probs_of(self, states: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Log-probability of one target for each state.

        Args:
            states: float32 `(predictions, P)`.
            targets: int `(predictions,)`, rows of the softmax.

        Returns:
            float32 `(predictions,)`, in nats.
        """
        rows = max(1, _MAX_LOGITS // self._size)
        found = np.empty(len(targets), np.float32)
        for start in range(0, len(targets), rows):
            part = slice(start, start + rows)
            log_probs = self.log_probs(states[part])
            found[part] = np.take_along_axis(log_probs, targets[part, None], axis=1)[:, 0]
        return found


def _arrays(*variables: keras.Variable) -> list[np.ndarray]:
    return [ops.convert_to_numpy(variable).astype(np.float32) for variable in variables]


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Logits less the log of their summed exponentials, along the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def draw(
    log_probs: np.ndarray, temperature: float, top_k: int | None, random: np.random.Generator
) -> int:
    """Draw one of the `top_k` likeliest places; minus infinity is never drawn.

    NumPy draws from float64: a seed gives the same words on every backend, though their
    log-probabilities differ in the last digits.
    """
    kept = np.argsort(-log_probs, kind="stable")[:top_k]
    kept = kept[np.isfinite(log_probs[kept])]
    logits = log_probs[kept].astype(np.float64)
    # The likeliest stands at 0, whatever the temperature: nothing overflows.
    probabilities = np.exp(log_softmax((logits - logits.max()) / temperature))
    return int(random.choice(kept, p=probabilities))
