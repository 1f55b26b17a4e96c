"""The softmax over all words in NumPy: distributions, single probabilities and draws."""

import keras
import numpy as np
from keras import ops

_MAX_LOGITS = 2**24  # that exist at once: 64 MiB


class FullSoftmax:
    """The full softmax of a language model, as it is now.

    Args:
        softmax: a layer with `kernel` (V, P) and `bias` (V,).
    """

    def __init__(self, softmax: keras.layers.Layer):
        self._kernel = ops.convert_to_numpy(softmax.kernel).astype(np.float32)
        self._bias = ops.convert_to_numpy(softmax.bias).astype(np.float32)

    def log_probs(self, states: np.ndarray) -> np.ndarray:
        """Log-probabilities float32 `(..., V)` for states float32 `(..., P)`."""
        return log_softmax(states @ self._kernel.T + self._bias)

    def log_probs_of(self, states: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Log-probability of one target for each state.

        Args:
            states: float32 `(predictions, P)`.
            targets: int `(predictions,)`, rows of the softmax.

        Returns:
            float32 `(predictions,)`, in nats.
        """
        rows = max(1, _MAX_LOGITS // len(self._bias))
        found = np.empty(len(targets), np.float32)
        for start in range(0, len(targets), rows):
            part = slice(start, start + rows)
            log_probs = self.log_probs(states[part])
            found[part] = np.take_along_axis(log_probs, targets[part, None], axis=1)[:, 0]
        return found


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
