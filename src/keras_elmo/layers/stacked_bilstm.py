"""The other encoder of ELMoForManyLangs: BiLSTMs over BiLSTMs, one output."""

import keras
from keras import ops

from keras_elmo.layers.bilstm import BiLSTM
from keras_elmo.layers.configured import ConfiguredLayer


@keras.saving.register_keras_serializable("keras_elmo")
class StackedBiLSTM(ConfiguredLayer):
    """BiLSTMs one above the other, each of which reads both directions of the one below.

    There are no layers to mix: above the first, no direction is apart from the other. What the last
    one gives in each direction is projected, by the same matrix in both.

    Args:
        projection_dim: size $P$ of the word vectors and of each direction's output.
        units: cells of each LSTM.
        num_layers: number of BiLSTMs, at least 1.
        dropout: share of the inputs of each BiLSTM dropped in training.

    Call arguments:
        inputs: float `(batch, time, projection_dim)`.
        mask: bool `(batch, time)`, True at real steps, padding on the right.

    Returns:
        float `(batch, time, 1, 2 * projection_dim)`, zero at masked steps.
    """

    def __init__(
        self, *, projection_dim: int, units: int, num_layers: int, dropout: float = 0.0, **kwargs
    ):
        super().__init__(**kwargs)
        if num_layers < 1:
            raise ValueError(f"`num_layers` must be at least 1. Received: {num_layers}")
        # === Layers ===
        policy = self.dtype_policy
        self.bilstms = [BiLSTM(units, dtype=policy, name=f"layer_{i}") for i in range(num_layers)]
        self.projection = keras.layers.Dense(projection_dim, dtype=policy, name="projection")
        self.dropout_layer = keras.layers.Dropout(dropout, dtype=policy)

        # === Config ===
        self.projection_dim = projection_dim
        self.units = units
        self.num_layers = num_layers
        self.dropout = dropout
        self.supports_masking = True

    def build(self, input_shape):
        for i, layer in enumerate(self.bilstms):
            layer.build((*input_shape[:-1], 2 * self.units if i else input_shape[-1]))
        self.projection.build((*input_shape[:-1], self.units))

    def call(self, inputs, mask=None, training=None):
        x = inputs
        for layer in self.bilstms:
            x = layer(self.dropout_layer(x, training=training), mask=mask, training=training)
        batch, time = ops.shape(x)[:2]
        x = self.projection(ops.reshape(x, (batch, time, 2, self.units)))
        x = ops.reshape(x, (batch, time, 1, 2 * self.projection_dim))
        return x if mask is None else x * ops.cast(mask, x.dtype)[:, :, None, None]

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 1, 2 * self.projection_dim)
