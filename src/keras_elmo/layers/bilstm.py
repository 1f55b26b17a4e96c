"""Keras's bidirectional LSTM with its gradient written out."""

import keras
from keras import ops

from keras_elmo.layers.configured import ConfiguredLayer
from keras_elmo.layers.recurrence import Recurrence
from keras_elmo.layers.torch_state import as_torch_module


@keras.saving.register_keras_serializable("keras_elmo")
class BiLSTM(ConfiguredLayer):
    """A BiLSTM, equal to `Bidirectional(LSTM(units, return_sequences=True))`.

    The inputs of all steps are multiplied before the loop, one product a direction: to join both
    directions' kernels for a single product costs more than it saves. The gradient of the loop is
    written out (see [`Recurrence`][keras_elmo.layers.recurrence.Recurrence]). Weights have the
    order, shapes and initial values of Keras's: `get_weights` of one fits `set_weights` of the
    other.

    Args:
        units: size of each direction.
        recurrent_dropout: share of the state that no step reads in training: the same features at
            all steps of a text and for all gates, in each direction others (Gal & Ghahramani 2016).

    Call arguments:
        inputs: float `(batch, time, features)`.
        mask: bool `(batch, time)`, True at real steps, padding on the right. Masked steps leave the
            state alone and give zeros.

    Returns:
        float `(batch, time, 2 units)`: forwards, then backwards, both in the order of the input.
    """

    def __init__(self, units: int, *, recurrent_dropout: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.recurrent_dropout = recurrent_dropout
        self.drop_state = keras.layers.Dropout(recurrent_dropout, dtype="float32")
        self.supports_masking = True
        as_torch_module(self)

    def build(self, input_shape):
        self.directions = [self._weights(name, input_shape[-1]) for name in ("forward", "backward")]

    def _weights(self, direction, features):
        gates = 4 * self.units

        def ones_of_forget_gate(shape, dtype=None):
            return ops.repeat(ops.convert_to_tensor([0.0, 1.0, 0.0, 0.0], dtype), self.units)

        return [
            self.add_weight(shape=shape, initializer=initializer, name=f"{direction}_{name}")
            for name, shape, initializer in (
                ("kernel", (features, gates), "glorot_uniform"),
                ("recurrent_kernel", (self.units, gates), "orthogonal"),
                ("bias", (gates,), ones_of_forget_gate),
            )
        ]

    def call(self, inputs, mask=None, training=None):
        x = ops.transpose(inputs, (1, 0, 2))  # (time, batch, features): a step is one block
        keep = None if mask is None else ops.transpose(mask)[:, :, None]
        outputs = [
            self._direction(x, keep, *weights, reverse=reverse, training=training)
            for weights, reverse in zip(self.directions, (False, True), strict=True)
        ]
        h = ops.concatenate(outputs, axis=-1)  # (time, batch, 2 units)
        if keep is not None:
            h = ops.where(keep, h, 0.0)
        return ops.cast(ops.transpose(h, (1, 0, 2)), self.compute_dtype)

    def _direction(self, x, keep, kernel, recurrent_kernel, bias, *, reverse, training):
        loop = Recurrence(None, None, 0.0, dtype=self.compute_dtype, gates="ifjo", reverse=reverse)
        x = loop.product(x, kernel) + ops.cast(bias, "float32")
        recurrent = ops.cast(recurrent_kernel, self.compute_dtype)
        zeros = ops.zeros((ops.shape(x)[1], self.units))
        run = loop.train if training else loop.run
        read = None
        if training and self.recurrent_dropout:
            read = self.drop_state(ops.ones_like(zeros), training=True)  # (batch, units)
        h, _ = run(x, keep, [zeros, zeros], recurrent, read=read)  # (time, batch, units)
        return h

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 2 * self.units)
