"""The learned mix of ELMo's layers."""

import keras
from keras import ops

from keras_elmo.layers.configured import ConfiguredLayer
from keras_elmo.layers.groups import MIX, join_group
from keras_elmo.layers.masking import widened
from keras_elmo.layers.torch_state import as_torch_module


@keras.saving.register_keras_serializable("keras_elmo")
class ScalarMix(ConfiguredLayer):
    r"""A learned weighted sum of layers (Peters et al. 2018, equation 1).

    $$ y = \gamma \sum_j \mathrm{softmax}(w)_j\, h_j $$

    Starts as the plain mean: $w = 0$, $\gamma = 1$.

    Args:
        layer_norm: normalise each layer first, with one mean and one variance over all unmasked
            elements of the batch and no learned scale, as AllenNLP and bilm-tf do. The numbers of
            a sentence then depend on the batch it is in.
        epsilon: added to the variance; AllenNLP uses 1e-13 (the default), bilm-tf 1e-12.

    Call arguments:
        inputs: float `(batch, time, layers, features)`.
        mask: bool `(batch, time)`, only needed with `layer_norm`.

    Returns:
        float `(batch, time, features)`.
    """

    def __init__(self, *, layer_norm: bool = False, epsilon: float = 1e-13, **kwargs):
        super().__init__(**kwargs)
        self.layer_norm = layer_norm
        self.epsilon = epsilon
        self.supports_masking = True
        as_torch_module(self)

    def build(self, input_shape):
        # Three numbers, or four: they cost nothing in full precision.
        self.scalars = self.add_weight(
            shape=(input_shape[2],), initializer="zeros", name="scalars", autocast=False
        )
        self.gamma = self.add_weight(shape=(), initializer="ones", name="gamma", autocast=False)
        join_group([self.scalars, self.gamma], MIX)

    def call(self, inputs, mask=None):
        x = self._normalise(inputs, mask) if self.layer_norm else inputs
        weights = self.gamma * ops.softmax(self.scalars)  # (layers,)
        weights = ops.cast(weights, x.dtype)
        # One after another: no product of the size of all layers is kept for the gradient.
        mixed = sum(weights[j] * x[:, :, j] for j in range(x.shape[2]))
        return ops.cast(mixed, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:2], input_shape[3])

    def _normalise(self, x, mask):
        x = widened(x)
        if mask is None:
            real = ops.ones_like(x[:, :, :1, :1])
        else:
            real = ops.cast(mask, x.dtype)[:, :, None, None]  # (batch, time, 1, 1)
        count = ops.maximum(ops.sum(real) * x.shape[3], 1.0)
        mean = ops.sum(x * real, axis=(0, 1, 3), keepdims=True) / count  # (1, 1, layers, 1)
        variance = ops.sum(ops.square((x - mean) * real), axis=(0, 1, 3), keepdims=True) / count
        return (x - mean) / ops.sqrt(variance + self.epsilon)
