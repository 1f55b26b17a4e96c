"""Probabilities of ordered classes from one score."""

import keras
import numpy as np
from keras import ops

from keras_elmo.layers.configured import ConfiguredLayer


@keras.saving.register_keras_serializable("keras_elmo")
class CumulativeLink(ConfiguredLayer):
    r"""The proportional odds model (McCullagh 1980) on a learned score.

    $$ s = x w, \qquad p(y > k) = \sigma(s - b_k), \qquad
       b_k = b_1 + \sum_{i=2}^{k} \mathrm{softplus}(d_i) $$

    The bounds $b_k$ between the classes are in order whatever is learned. At first they give all
    classes the same probability at $s = 0$.

    Args:
        num_classes: $K$, from the lowest to the highest.

    Call arguments:
        inputs: float `(batch, features)`.

    Returns:
        The probability of each class, float32 `(batch, K)`.
    """

    def __init__(self, num_classes: int, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        if num_classes < 2:
            raise ValueError(f"`num_classes` must be at least 2. Received: {num_classes}")
        self.num_classes = num_classes

    def build(self, input_shape):
        self.kernel = self.add_weight(
            shape=(input_shape[-1], 1), initializer="glorot_uniform", name="kernel"
        )
        shares = np.arange(1, self.num_classes) / self.num_classes
        bounds = np.log(shares / (1.0 - shares))
        steps = np.log(np.expm1(np.diff(bounds)))  # softplus of it gives the difference
        start = np.concatenate([bounds[:1], steps]).astype("float32")
        self.bounds = self.add_weight(
            shape=start.shape,
            initializer=lambda shape, dtype=None: ops.cast(start, dtype),
            name="bounds",
        )

    def call(self, inputs):
        bounds = ops.cumsum(ops.concatenate([self.bounds[:1], ops.softplus(self.bounds[1:])]))
        above = ops.sigmoid(ops.matmul(ops.cast(inputs, "float32"), self.kernel) - bounds)
        one = ops.ones_like(above[:, :1])
        edges = ops.concatenate([one, above, 0.0 * one], axis=1)  # (batch, K + 1), falling
        return edges[:, :-1] - edges[:, 1:]

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.num_classes)
