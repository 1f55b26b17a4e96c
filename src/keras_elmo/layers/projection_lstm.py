"""The LSTM with a projected recurrent state and clips that ELMo is made of."""

import keras
from keras import ops

from keras_elmo.layers.configured import ConfiguredLayer
from keras_elmo.layers.recurrence import Recurrence
from keras_elmo.layers.torch_state import as_torch_module


class _State:
    """Holds the variables of the state where Keras does not take them for weights."""

    def __init__(self):
        self.variables: list[keras.Variable] = []


@keras.saving.register_keras_serializable("keras_elmo")
class ProjectionLSTM(ConfiguredLayer):
    r"""LSTM with projection and clips (Sak et al. 2014), as in the published biLMs.

    $$ i, j, f, o = x_t W + h_{t-1} U + b $$
    $$ c_t = \mathrm{clip}(\sigma(f + 1) c_{t-1} + \sigma(i) \tanh j) \qquad
       h_t = \mathrm{clip}((\sigma(o) \tanh c_t) P) $$

    $h_t$ is both the output and the recurrent state. The input part $x W + b$ of all steps is one
    matrix product before the loop. In training the gradient is written out: the loop back carries
    only what depends on the next step, and the gradients of all weights are one product each after
    it. Under `mixed_bfloat16` the products are bfloat16, gates and states float32.

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
        weight_drop: share of the recurrent weights that is zero for a whole batch in training, the
            others as much larger (DropConnect on $U$, Merity et al. 2018).

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
        weight_drop: float = 0.0,
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
        self.weight_drop = weight_drop
        self.drop_weights = keras.layers.Dropout(weight_drop, dtype=self.dtype_policy)
        self.output_dim = projection_dim or units
        self.supports_masking = True
        self._state = _State()
        as_torch_module(self)

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
        if self.stateful:
            self._state.variables = [
                keras.Variable(
                    "zeros",
                    (input_shape[0], size),
                    dtype="float32",
                    trainable=False,
                    autocast=False,
                    name="state",
                )
                for size in (self.output_dim, self.units)
            ]

    def call(self, inputs, mask=None, training=None):
        recurrence = self._recurrence(reverse=self.go_backwards)
        x = ops.transpose(inputs, (1, 0, 2))  # (time, batch, features): a step is one block
        x = self._input_part(recurrence, x)
        keep = None if mask is None else ops.transpose(mask)[:, :, None]
        loop = recurrence.train if training else recurrence.run
        h, last = loop(x, keep, self._initial_state(x), *self._kernels(bool(training)))
        for variable, value in zip(self._state.variables, last, strict=False):
            variable.assign(ops.stop_gradient(value))
        if keep is not None:
            h = ops.where(keep, h, 0.0)  # (time, batch, output_dim)
        return ops.cast(ops.transpose(h, (1, 0, 2)), self.compute_dtype)

    def advance(self, x, state, begins, start):
        """Run over a block of steps, float `(time, batch, features)`, from one state to the next.

        See [`Recurrence.run`][keras_elmo.layers.recurrence.Recurrence].
        """
        recurrence = self._recurrence()
        x = self._input_part(recurrence, x)
        return recurrence.run(x, None, state, *self._kernels(), begins=begins, start=start)

    def _recurrence(self, **options):
        return Recurrence(
            self.cell_clip,
            self.projection_clip,
            self.forget_bias,
            dtype=self.compute_dtype,
            unroll=self.stateful,  # then batches are windows of one length
            returns_state=self.stateful,
            **options,
        )

    def _input_part(self, recurrence, x):
        return recurrence.product(x, self.kernel) + ops.cast(self.bias, "float32")

    def _kernels(self, training: bool = False):
        """The weights that the loop multiplies with, cast once and not at every step."""
        recurrent = ops.cast(self.recurrent_kernel, self.compute_dtype)
        kernels = [self.drop_weights(recurrent, training=training)]
        if self.projection_dim:
            kernels.append(ops.cast(self.projection_kernel, self.compute_dtype))
        return kernels

    def reset_state(self) -> None:
        """Start the next batch from zero (only `stateful` layers keep a state)."""
        for variable in self._state.variables:
            variable.assign(ops.zeros(variable.shape))

    @property
    def variables(self):
        # States are no weights, nothing saves them; but compiled JAX code only updates what is
        # listed. The same goes for the states of random generators.
        return [*super().variables, *self._state.variables]

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.output_dim)

    def _initial_state(self, x):
        if self.stateful:
            # Copies: the gradient needs these values after the variables hold the next ones.
            return [ops.copy(variable) for variable in self._state.variables]
        rows = ops.shape(x)[1]
        return [ops.zeros((rows, self.output_dim)), ops.zeros((rows, self.units))]
