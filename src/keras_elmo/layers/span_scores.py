"""Scores of where an answer begins and ends, and of there being none."""

import keras
from keras import ops

from keras_elmo.layers.attention_flow import masked_softmax

# The score of a padded step. No sum of real scores comes near it, and float32 keeps it apart.
MASKED = -1e9


@keras.saving.register_keras_serializable("keras_elmo")
class SpanScores(keras.layers.Layer):
    r"""Un-normalised scores of spans and of no answer (Clark & Gardner 2018, §2.2 and §4).

    A span from $i$ to $j$ has the score $s_i + e_j$, with $s = w_s^\top x^s + b_s$ and
    $e = w_e^\top x^e + b_e$. No answer has

    $$ z = w_2^\top \mathrm{relu}(W_1 [v_1; v_2; v_3] + b_1) + b_2 $$

    where $v_1 = \sum_i \mathrm{softmax}(s)_i\, x^s_i$, $v_2$ likewise of the ends, and $v_3$ is the
    passage pooled by weights of its own.

    Args:
        units: of the hidden layer of $z$.

    Call arguments:
        starts, ends, passage: float `(batch, time, features)`, each with its own features.
        mask: bool `(batch, time)`, True at real tokens, padding on the right.

    Returns:
        float32 `(batch, 1 + time, 2)`: in the last axis start and end; the first step is no answer,
        whose two numbers add up to $z$; token $t$ of the passage is step $t + 1$.
    """

    def __init__(self, units: int = 80, **kwargs):
        super().__init__(**kwargs)
        policy = self.dtype_policy
        # === Layers ===
        self.start = keras.layers.Dense(1, dtype=policy, name="start")
        self.end = keras.layers.Dense(1, dtype=policy, name="end")
        self.pool = keras.layers.Dense(1, dtype=policy, name="pool")
        self.hidden = keras.layers.Dense(units, "relu", dtype=policy, name="hidden")
        self.none = keras.layers.Dense(1, dtype=policy, name="none")

        # === Config ===
        self.units = units
        self.supports_masking = True

    def build(self, starts_shape, ends_shape, passage_shape):
        shapes = starts_shape, ends_shape, passage_shape
        for layer, shape in zip((self.start, self.end, self.pool), shapes, strict=True):
            layer.build(shape)
        self.hidden.build((starts_shape[0], sum(shape[-1] for shape in shapes)))
        self.none.build((starts_shape[0], self.units))

    def call(self, starts, ends, passage, mask=None):
        real = None if mask is None else ops.cast(mask, "bool")
        scores, pooled = [], []
        for layer, x in ((self.start, starts), (self.end, ends), (self.pool, passage)):
            scores.append(layer(x)[:, :, 0])  # (batch, time)
            weights = masked_softmax(scores[-1], real)[:, None]
            pooled.append(ops.matmul(weights, x)[:, 0])
        none = self.none(self.hidden(ops.concatenate(pooled, axis=-1)))  # (batch, 1)
        both = ops.cast(ops.stack(scores[:2], axis=-1), "float32")  # (batch, time, 2)
        if real is not None:
            both = ops.where(real[:, :, None], both, MASKED)
        none = ops.cast(none, "float32")[:, :, None]  # (batch, 1, 1)
        first = ops.concatenate([none, ops.zeros_like(none)], axis=-1)
        return ops.concatenate([first, both], axis=1)

    def compute_output_spec(self, starts, ends, passage, mask=None):
        batch, time = starts.shape[:2]
        longer = None if time is None else time + 1
        return keras.KerasTensor((batch, longer, 2), dtype="float32")

    def compute_mask(self, starts, previous_mask=None):
        return None

    def get_config(self):
        return super().get_config() | {"units": self.units}
