"""The bidirectional language model's recurrent part: word vectors → all layers of ELMo."""

import keras
from keras import ops

from keras_elmo.layers.configured import ConfiguredLayer
from keras_elmo.layers.projection_lstm import ProjectionLSTM
from keras_elmo.layers.torch_state import as_torch_module


@keras.saving.register_keras_serializable("keras_elmo")
class BiLM(ConfiguredLayer):
    r"""Stacked forward and backward projection LSTMs (Peters et al. 2018, §3.1).

    Layer 0 is $[x; x]$, layer $l$ is $[\overrightarrow{h}_l; \overleftarrow{h}_l]$, where the two
    directions never see each other. With skip connections $y_l = \mathrm{LSTM}_l(y_{l-1}) +
    y_{l-1}$ for every layer but the first.

    Args:
        projection_dim: size $P$ of the word vectors and of each direction.
        units, cell_clip, projection_clip, forget_bias, stateful: see
            [`ProjectionLSTM`][keras_elmo.layers.projection_lstm.ProjectionLSTM].
        num_layers: number of LSTM layers per direction, at least 1.
        use_skip_connections: add each LSTM layer's input to its output, from the second layer on.
        lstm_projection: False where the LSTM has no projection (`units == projection_dim`).
        dropout: share of each LSTM layer's inputs dropped in training.
        weight_drop: share of the recurrent weights dropped in training, see `ProjectionLSTM`.

    Call arguments:
        inputs: float `(batch, time, projection_dim)`.
        mask: bool `(batch, time)`, True at real steps, padding on the right.

    Returns:
        float `(batch, time, num_layers + 1, 2 * projection_dim)`, zero at masked steps.
    """

    def __init__(
        self,
        *,
        projection_dim: int,
        units: int,
        num_layers: int,
        cell_clip: float | None = None,
        projection_clip: float | None = None,
        use_skip_connections: bool = True,
        lstm_projection: bool = True,
        forget_bias: float = 1.0,
        stateful: bool = False,
        dropout: float = 0.0,
        weight_drop: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if num_layers < 1:
            raise ValueError(f"`num_layers` must be at least 1. Received: {num_layers}")
        if not lstm_projection and units != projection_dim:
            raise ValueError(
                "Without a projection the LSTM's output has `units` features, which must be "
                f"`projection_dim`. Received: units={units}, projection_dim={projection_dim}"
            )
        # === Layers ===
        shared = {
            "units": units,
            "projection_dim": projection_dim if lstm_projection else None,
            "cell_clip": cell_clip,
            "projection_clip": projection_clip,
            "forget_bias": forget_bias,
            "stateful": stateful,
            "weight_drop": weight_drop,
            "dtype": self.dtype_policy,
        }
        self.forward_layers = [
            ProjectionLSTM(**shared, name=f"forward_{i}") for i in range(num_layers)
        ]
        self.backward_layers = [
            ProjectionLSTM(**shared, go_backwards=True, name=f"backward_{i}")
            for i in range(num_layers)
        ]
        self.dropout_layer = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

        # === Config ===
        self.projection_dim = projection_dim
        self.units = units
        self.num_layers = num_layers
        self.cell_clip = cell_clip
        self.projection_clip = projection_clip
        self.use_skip_connections = use_skip_connections
        self.lstm_projection = lstm_projection
        self.forget_bias = forget_bias
        self.stateful = stateful
        self.dropout = dropout
        self.weight_drop = weight_drop
        self.supports_masking = True
        if not stateful:  # else the number of rows is known only at the first call
            self.build((None, None, projection_dim))
        as_torch_module(self)

    def build(self, input_shape):
        if self.built:
            return
        for layer in [*self.forward_layers, *self.backward_layers]:
            layer.build(input_shape)

    def call(self, inputs, mask=None, training=None):
        forward = self.run_direction(self.forward_layers, inputs, mask, training)
        backward = self.run_direction(self.backward_layers, inputs, mask, training)
        layers = [ops.concatenate(pair, axis=-1) for pair in zip(forward, backward, strict=True)]
        features = ops.stack(layers, axis=2)  # (batch, time, layers + 1, 2P)
        if mask is None:
            return features
        return features * ops.cast(mask, features.dtype)[:, :, None, None]

    def run_direction(self, lstms, x, mask=None, training=None, *, first=0):
        """All layers of one direction, `x` first: float `(batch, time, projection_dim)` each.

        Args:
            lstms: `forward_layers` or `backward_layers`, perhaps without the lowest ones.
            x, mask: as in a call.
            training: whether to drop inputs.
            first: number of layers that are left out; `x` is the output of the last of them.
        """
        outputs = [x]
        for i, lstm in enumerate(lstms):
            y = lstm(self.dropout_layer(x, training=training), mask=mask)
            x = y + x if self.use_skip_connections and first + i > 0 else y
            outputs.append(x)
        return outputs

    def advance(self, lstms, x, states, begins, starts):
        """Run a block of one direction's steps from the states that the block before left.

        The steps come in the order in which that direction reads them; several sentences may follow
        each other in a row.

        Args:
            lstms: `forward_layers` or `backward_layers`.
            x: float `(time, batch, projection_dim)`, word vectors.
            states: h and c of each layer: float32 `(batch, projection_dim)` and `(batch, units)`.
            begins: bool `(time, batch, 1)`, True at the first step of a sentence.
            starts: h and c of each layer before that step: float32 `(1, projection_dim)` and
                `(1, units)`.

        Returns:
            The output of each layer, float `(time, batch, projection_dim)`, and its new state.
        """
        outputs, after = [], []
        for i, (lstm, state, start) in enumerate(zip(lstms, states, starts, strict=True)):
            y, last = lstm.advance(x, state, begins, start)
            x = y + x if self.use_skip_connections and i > 0 else y
            outputs.append(x)
            after.append(last)
        return outputs, after

    def reset_state(self) -> None:
        """Start the next batch from zero (only a `stateful` biLM keeps a state)."""
        for layer in [*self.forward_layers, *self.backward_layers]:
            layer.reset_state()

    def compute_output_shape(self, input_shape):
        batch, time, _ = input_shape
        return (batch, time, self.num_layers + 1, 2 * self.projection_dim)
