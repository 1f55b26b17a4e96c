"""The LSTM with a projected recurrent state and clips that ELMo is made of."""

import keras
from keras import ops


class _Cell(keras.layers.Layer):
    """What `keras.layers.RNN` needs of a cell; the variables belong to the `ProjectionLSTM`."""

    def __init__(self, step, state_size, **kwargs):
        super().__init__(**kwargs)
        self.step = step
        self.state_size = state_size
        self.output_size = state_size[0]
        self.built = True

    def call(self, x, states):
        return self.step(x, states)


@keras.saving.register_keras_serializable("keras_elmo")
class ProjectionLSTM(keras.layers.Layer):
    r"""LSTM with projection and clips (Sak et al. 2014), as in the published biLMs.

    $$ i, j, f, o = x_t W + h_{t-1} U + b $$
    $$ c_t = \mathrm{clip}(\sigma(f + 1) c_{t-1} + \sigma(i) \tanh j) \qquad
       h_t = \mathrm{clip}((\sigma(o) \tanh c_t) P) $$

    $h_t$ is both the output and the recurrent state. The input part $x W + b$ of all steps is one
    matrix product before the loop.

    Args:
        units: size $D$ of the cell.
        projection_dim: size of the output; `None` for no projection (then `projection_clip` has no
            effect and the output has `units` features).
        cell_clip: bound on $|c|$, `None` for none.
        projection_clip: bound on $|h|$, `None` for none.
        forget_bias: constant added to the forget gate at run time, never stored in `bias`.
        go_backwards: run from the last step to the first; outputs keep the order of the input.
            With right padding the run begins at each row's own last step.
        stateful: start each batch in the final state of the previous one, row by row. Needs a
            fixed batch size; `reset_state()` starts anew.

    Call arguments:
        inputs: float `(batch, time, features)`.
        mask: bool `(batch, time)`, True at real steps, padding on the right. Masked steps leave the
            state alone and give zeros.

    Returns:
        float `(batch, time, projection_dim or units)`.
    """

    def __init__(
        self,
        units: int,
        projection_dim: int | None = None,
        *,
        cell_clip: float | None = None,
        projection_clip: float | None = None,
        forget_bias: float = 1.0,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.projection_dim = projection_dim
        self.cell_clip = cell_clip
        self.projection_clip = projection_clip
        self.forget_bias = forget_bias
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.output_dim = projection_dim or units
        self.supports_masking = True
        self.rnn = keras.layers.RNN(
            _Cell(self._step, [self.output_dim, units], dtype=self.dtype_policy),
            return_sequences=True,
            go_backwards=go_backwards,
            stateful=stateful,
            zero_output_for_mask=True,
            dtype=self.dtype_policy,
        )

    def build(self, input_shape):
        gates = 4 * self.units
        self.kernel = self.add_weight(
            shape=(input_shape[-1], gates), initializer="lecun_normal", name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.output_dim, gates), initializer="glorot_uniform", name="recurrent_kernel"
        )
        self.bias = self.add_weight(shape=(gates,), initializer="zeros", name="bias")
        if self.projection_dim:
            self.projection_kernel = self.add_weight(
                shape=(self.units, self.projection_dim),
                initializer="glorot_uniform",
                name="projection_kernel",
            )
        self.rnn.build((*input_shape[:-1], gates))

    def call(self, inputs, mask=None):
        x = ops.matmul(inputs, self.kernel) + self._run_time_bias()  # (batch, time, 4 units)
        y = self.rnn(x, mask=mask)
        return ops.flip(y, axis=1) if self.go_backwards else y

    def reset_state(self) -> None:
        """Start the next batch from zero (only `stateful` layers keep a state)."""
        self.rnn.reset_state()

    @property
    def variables(self):
        # Keras's RNN does not list its states, but compiled JAX code only updates what is listed.
        # Like the states of random generators they are no weights: nothing saves them.
        return [*super().variables, *(self.rnn.states or [])]

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.output_dim)

    def compute_mask(self, inputs, previous_mask=None):
        return previous_mask

    def get_config(self):
        return super().get_config() | {
            "units": self.units,
            "projection_dim": self.projection_dim,
            "cell_clip": self.cell_clip,
            "projection_clip": self.projection_clip,
            "forget_bias": self.forget_bias,
            "go_backwards": self.go_backwards,
            "stateful": self.stateful,
        }

    def _run_time_bias(self):
        shift = ops.repeat(ops.convert_to_tensor([0.0, 0.0, self.forget_bias, 0.0]), self.units)
        return self.bias + ops.cast(shift, self.compute_dtype)

    def _step(self, x, states):
        h, c = states
        i, j, f, o = ops.split(x + ops.matmul(h, self.recurrent_kernel), 4, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(j)  # (batch, units)
        if self.cell_clip:
            c = ops.clip(c, -self.cell_clip, self.cell_clip)
        h = ops.sigmoid(o) * ops.tanh(c)
        if self.projection_dim:
            h = ops.matmul(h, self.projection_kernel)  # (batch, projection_dim)
            if self.projection_clip:
                h = ops.clip(h, -self.projection_clip, self.projection_clip)
        return h, [h, c]
