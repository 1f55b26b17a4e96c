"""The loss of written symbols."""

import keras
from keras import ops

from keras_elmo.layers.masking import is_masked


@keras.saving.register_keras_serializable("keras_elmo")
class SequenceLoss(keras.losses.Loss):
    r"""Minus the log-probability of the symbols, a symbol on average, padding not counted.

    With label smoothing (Szegedy et al. 2016) it is
    $-(1 - \varepsilon) \log p(y) - \varepsilon \frac{1}{N} \sum_w \log p(w)$ over the $N$ symbols
    that can be written.

    Args:
        label_smoothing: $\varepsilon$, from 0 up to but not 1.

    Call arguments:
        y_true: int `(batch, time)`.
        y_pred: log-probabilities, float `(batch, time, symbols)`.
        sample_weight: float `(batch, time)`, 0 where padded.
    """

    def __init__(self, label_smoothing: float = 0.0, name: str = "sequence_loss", **kwargs):
        super().__init__(name=name, **{"reduction": "mean_with_sample_weight", **kwargs})
        if not 0.0 <= label_smoothing < 1.0:
            raise ValueError(
                f"`label_smoothing` must be from 0 up to, but not, 1. Received: {label_smoothing}"
            )
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        ids = ops.cast(y_true, "int32")[:, :, None]
        loss = -ops.take_along_axis(y_pred, ids, axis=-1)[:, :, 0]
        # Padding has the weight 0, and a symbol that is never written.
        loss = ops.where(ids[:, :, 0] == 0, 0.0, loss)
        if not self.label_smoothing:
            return loss
        possible = ops.cast(ops.logical_not(is_masked(y_pred)), y_pred.dtype)
        mean = ops.sum(y_pred * possible, axis=-1) / ops.sum(possible, axis=-1)
        return (1.0 - self.label_smoothing) * loss - self.label_smoothing * mean

    def get_config(self):
        return super().get_config() | {"label_smoothing": self.label_smoothing}
