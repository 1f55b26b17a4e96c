"""From ELMo's layers to one vector a token: concatenated, averaged, one of them, or learned."""

from typing import Any, get_args

import keras
from keras import ops

from keras_elmo._values import Mix
from keras_elmo.layers.configured import ConfiguredLayer
from keras_elmo.layers.scalar_mix import ScalarMix
from keras_elmo.layers.torch_state import as_torch_module

MIXES = get_args(Mix)


def with_new_names(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration of a mix as it is today: earlier versions said `layer_norm`."""
    return {{"layer_norm": "mix_layer_norm"}.get(name, name): config[name] for name in config}


@keras.saving.register_keras_serializable("keras_elmo")
class LayerMix(ConfiguredLayer):
    """Turn the layers of ELMo into one vector a token.

    Several `LayerMix` layers may read the same ELMo; each `"scalar"` mix learns its own weights.

    Args:
        mix: `"concat"` (all layers side by side, lowest first), `"mean"`, `"top"`, the number of
            one layer (0 is the character CNN), or `"scalar"`, the learned
            [`ScalarMix`][keras_elmo.layers.scalar_mix.ScalarMix].
        mix_layer_norm: normalise each layer before a `"scalar"` mix.
        dropout_before, dropout_after: share of the features dropped in training before and after
            the mix.

    Call arguments:
        inputs: float `(batch, time, layers, features)`, what `ElmoBackbone` returns.
        mask: bool `(batch, time)`.

    Returns:
        float `(batch, time, layers * features)` for `"concat"`, else `(batch, time, features)`.
    """

    def __init__(
        self,
        mix: str | int = "scalar",
        *,
        mix_layer_norm: bool = False,
        dropout_before: float = 0.0,
        dropout_after: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if mix not in MIXES and not (isinstance(mix, int) and not isinstance(mix, bool)):
            raise ValueError(
                f"`mix` must be one of {', '.join(map(repr, MIXES))} or the number of a layer. "
                f"Received: mix={mix!r}"
            )
        if mix_layer_norm and mix != "scalar":
            raise ValueError(
                "`mix_layer_norm=True` belongs to mix='scalar'. "
                f"Received: mix={mix!r}, mix_layer_norm=True"
            )
        # === Layers ===
        policy = self.dtype_policy
        self.dropout_before_layer = keras.layers.Dropout(dropout_before, dtype=policy)
        self.dropout_after_layer = keras.layers.Dropout(dropout_after, dtype=policy)
        self.scalar_mix = None
        if mix == "scalar":
            self.scalar_mix = ScalarMix(layer_norm=mix_layer_norm, dtype=policy, name="scalar_mix")

        # === Config ===
        self.mix = mix
        self.mix_layer_norm = mix_layer_norm
        self.dropout_before = dropout_before
        self.dropout_after = dropout_after
        self.supports_masking = True
        as_torch_module(self)

    def build(self, input_shape):
        num_layers = input_shape[2]
        if isinstance(self.mix, int) and not -num_layers <= self.mix < num_layers:
            raise ValueError(
                f"`mix` names a layer that this ELMo does not have: allowed are 0 to "
                f"{num_layers - 1}. Received: mix={self.mix}"
            )
        if self.scalar_mix is not None:
            self.scalar_mix.build(input_shape)

    def call(self, inputs, mask=None, training=None):
        x = self.dropout_before_layer(inputs, training=training)
        return self.dropout_after_layer(self._mix(x, mask), training=training)

    def compute_output_shape(self, input_shape):
        batch, time, layers, features = input_shape
        return (batch, time, layers * features if self.mix == "concat" else features)

    @classmethod
    def from_config(cls, config):
        return super().from_config(with_new_names(config))

    def _mix(self, x, mask):
        if self.scalar_mix is not None:
            return self.scalar_mix(x, mask=mask)
        if self.mix == "mean":
            return ops.mean(x, axis=2)
        if self.mix == "concat":
            batch, time = ops.shape(x)[:2]
            return ops.reshape(x, (batch, time, x.shape[2] * x.shape[3]))
        return x[:, :, -1 if self.mix == "top" else self.mix]
