"""A sequence of vectors → one vector: last state, maximum, mean or attention."""

from typing import get_args

import keras
from keras import ops

from keras_elmo._values import Pooling, check_one_of
from keras_elmo.layers.configured import ConfiguredLayer
from keras_elmo.layers.masking import masked, masked_softmax, widened
from keras_elmo.layers.torch_state import as_torch_module

POOLINGS = get_args(Pooling)


@keras.saving.register_keras_serializable("keras_elmo")
class SequencePooling(ConfiguredLayer):
    r"""Pool the outputs of a BiLSTM over the real time steps.

    * `"last"`: the forward half at the last real step and the backward half at the first one, the
      final states of both directions.
    * `"max"`, `"mean"`: over the real steps.
    * `"attention"`: $\sum_t \alpha_t x_t$ with $\alpha = \mathrm{softmax}(v^\top \tanh(W x_t + b))$
      (Yang et al. 2016, equations 5–7).

    Args:
        pooling: one of these names.

    Call arguments:
        inputs: float `(batch, time, features)`, `features` even for `"last"`.
        mask: bool `(batch, time)`, padding on the right. A row without a real step gives zeros.

    Returns:
        float `(batch, features)`.
    """

    def __init__(self, pooling: str = "max", **kwargs):
        super().__init__(**kwargs)
        check_one_of("pooling", pooling, POOLINGS)
        self.pooling = pooling
        as_torch_module(self)

    def build(self, input_shape):
        if self.pooling == "attention":
            self.hidden = keras.layers.Dense(
                input_shape[-1], activation="tanh", dtype=self.dtype_policy, name="hidden"
            )
            self.score = keras.layers.Dense(
                1, use_bias=False, dtype=self.dtype_policy, name="score"
            )
            self.hidden.build(input_shape)
            self.score.build(input_shape)

    def call(self, inputs, mask=None):
        x = widened(inputs)
        real = ops.ones_like(x[:, :, :1])
        if mask is not None:
            real = ops.cast(mask, x.dtype)[:, :, None]  # (batch, time, 1)
        return ops.cast(getattr(self, f"_{self.pooling}")(x, real), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[2])

    def compute_mask(self, inputs, previous_mask=None):
        return None

    def _last(self, x, real):
        half = x.shape[2] // 2
        # 1 at the last real step: real there, not real at the next.
        following = ops.concatenate([real[:, 1:], ops.zeros_like(real[:, :1])], axis=1)
        forward = ops.sum(x[:, :, :half] * (real - following), axis=1)
        return ops.concatenate([forward, (x * real)[:, 0, half:]], axis=-1)

    def _max(self, x, real):
        highest = ops.max(masked(x, real > 0.0), axis=1)  # (batch, features)
        return highest * ops.max(real, axis=1)

    def _mean(self, x, real):
        return ops.sum(x * real, axis=1) / ops.maximum(ops.sum(real, axis=1), 1.0)

    def _attention(self, x, real):
        scores = self.score(self.hidden(x))  # (batch, time, 1)
        return ops.sum(masked_softmax(scores, real > 0.0, axis=1) * x, axis=1)
