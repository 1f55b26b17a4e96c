"""Scores of where an answer stands, and of there being none."""

import keras
from keras import ops

from keras_elmo.layers.attention_flow import masked_softmax

# The score of a padded step. No sum of real scores comes near it, and float32 keeps it apart.
MASKED = -1e9


@keras.saving.register_keras_serializable("keras_elmo")
class SpanScores(keras.layers.Layer):
    r"""Un-normalised scores of spans and of no answer, after Clark & Gardner (2018, §2.2 and §4).

    A span from $i$ to $j$ has the score

    $$ s_i + \sum_{t=i}^{j} m_t + e_j $$

    with $s = w_s^\top x^s + b_s$ of its start, $e = w_e^\top x^e + b_e$ of its end, and
    $m = w_m^\top x^e + b_m$ of each token in it. Theirs has no $m$: with it, all tokens of a long
    answer tell something, not the two at its edges alone. As a difference of running sums
    $M_t = m_1 + \dots + m_t$ it stays a number of the start, $s_i - M_{i-1}$, plus one of the end,
    $e_j + M_j$, and that is what the layer gives. No answer has the score

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
        # Sums over many tokens would be large from the start.
        self.inside = keras.layers.Dense(
            1, kernel_initializer="zeros", dtype=policy, name="inside"
        )
        self.hidden = keras.layers.Dense(units, "relu", dtype=policy, name="hidden")
        self.none = keras.layers.Dense(1, dtype=policy, name="none")

        # === Config ===
        self.units = units
        self.supports_masking = True

    def build(self, starts_shape, ends_shape, passage_shape):
        shapes = starts_shape, ends_shape, passage_shape
        for layer, shape in zip((self.start, self.end, self.pool), shapes, strict=True):
            layer.build(shape)
        self.inside.build(ends_shape)
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
        none = ops.cast(none, "float32")[:, :, None]  # (batch, 1, 1)
        first = ops.concatenate([none, ops.zeros_like(none)], axis=-1)
        both = self._with_inside(*scores[:2], self.inside(ends)[:, :, 0])
        if real is not None:
            both = ops.where(real[:, :, None], both, MASKED)
        return ops.concatenate([first, both], axis=1)

    def _with_inside(self, start, end, inside):
        """Starts and ends with the running sums, float32 `(batch, time, 2)`."""
        start, end, inside = (ops.cast(x, "float32") for x in (start, end, inside))
        sums = ops.cumsum(inside, axis=1)  # padding stands behind all that counts
        return ops.stack([start - (sums - inside), end + sums], axis=-1)

    def compute_output_spec(self, starts, ends, passage, mask=None):
        batch, time = starts.shape[:2]
        longer = None if time is None else time + 1
        return keras.KerasTensor((batch, longer, 2), dtype="float32")

    def compute_mask(self, starts, previous_mask=None):
        return None

    def get_config(self):
        return super().get_config() | {"units": self.units}
