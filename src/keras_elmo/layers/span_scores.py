"""Scores of where an answer stands, and of there being none."""

import keras
from keras import ops

from keras_elmo.layers.configured import ConfiguredLayer
from keras_elmo.layers.masking import MASKED, masked, masked_softmax
from keras_elmo.layers.pooling import SequencePooling


@keras.saving.register_keras_serializable("keras_elmo")
class SpanScores(ConfiguredLayer):
    r"""Un-normalised scores of spans and the odds of no answer, after Clark & Gardner (2018).

    A span from $i$ to $j$ has the score

    $$ s_i + \sum_{t=i}^{j} m_t + e_j $$

    with $s = w_s^\top x^s + b_s$ of its start, $e = w_e^\top x^e + b_e$ of its end, and
    $m = w_m^\top x^e + b_m$ of each token in it. Theirs has no $m$: with it, all tokens of a long
    answer tell something, not the two at its edges alone. As a difference of running sums
    $M_t = m_1 + \dots + m_t$ it stays a number of the start, $s_i - M_{i-1}$, plus one of the end,
    $e_j + M_j$, and that is what the layer gives.

    The logarithm of the odds of no answer against all spans is

    $$ z = w_2^\top \mathrm{relu}(W_1 [v_1; v_2; v_3; v_4; q] + b_1) + b_2 $$

    where $v_1 = \sum_i p(\text{start} = i)\, x^s_i$, $v_2$ likewise of the ends, $v_3$ is the mean
    of the tokens $x_t$ by the probability that they are in the answer, $v_4$ the maximum of all
    tokens and $q$ the question. Theirs (§4) is the score of no answer beside those of spans, not
    the odds: sums over long answers differ so much from text to text that it could not follow them.

    Args:
        units: units of the hidden layer of $z$.

    Call arguments:
        starts, ends, passage: float `(batch, time, features)`, each with its own features.
        question: float `(batch, features)`.
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
        # Sums over many tokens would be large from the start.
        self.inside = keras.layers.Dense(1, kernel_initializer="zeros", dtype=policy, name="inside")
        self.pool = SequencePooling("max", dtype=policy, name="pool")
        self.hidden = keras.layers.Dense(units, "relu", dtype=policy, name="hidden")
        self.none = keras.layers.Dense(1, dtype=policy, name="none")

        # === Config ===
        self.units = units

    def build(self, starts_shape, ends_shape, passage_shape, question_shape):
        self.start.build(starts_shape)
        self.end.build(ends_shape)
        self.inside.build(ends_shape)
        self.pool.build(passage_shape)
        sizes = [x[-1] for x in (starts_shape, ends_shape, passage_shape, question_shape)]
        self.hidden.build((starts_shape[0], sum(sizes) + passage_shape[-1]))
        self.none.build((starts_shape[0], self.units))

    def call(self, starts, ends, passage, question, mask=None):
        real = None if mask is None else ops.cast(mask, "bool")
        start, end, inside = (
            ops.cast(scores, "float32")
            for scores in (self.start(starts), self.end(ends), self.inside(ends))
        )
        sums = ops.cumsum(inside, axis=1)  # padding stands behind all that counts
        both = ops.concatenate([start - (sums - inside), end + sums], axis=-1)  # (batch, time, 2)
        both = masked(both, None if real is None else real[:, :, None])
        weights = span_weights(both)  # three (batch, time)
        texts = (starts, ends, passage)
        parts = [_mean(x, weight) for x, weight in zip(texts, weights, strict=True)]
        parts += [self.pool(passage, mask=real), question]
        none = self.none(self.hidden(ops.concatenate(parts, axis=-1)))  # (batch, 1)
        none = ops.cast(none, "float32")[:, :, None]  # (batch, 1, 1)
        first = ops.concatenate([none, ops.zeros_like(none)], axis=-1)
        return ops.concatenate([first, both], axis=1)

    def compute_output_spec(self, starts, ends, passage, question, mask=None):
        batch, time = starts.shape[:2]
        longer = None if time is None else time + 1
        return keras.KerasTensor((batch, longer, 2), dtype="float32")

    def compute_mask(self, starts, previous_mask=None):
        return None


def span_matrix(both, max_length=None):
    """The score of every span, float32 `(batch, time, time)`; far below for what is none.

    Args:
        both: starts and ends, float `(batch, time, 2)`.
        max_length: the longest span in tokens; None for any.
    """
    steps = ops.arange(ops.shape(both)[1])
    length = steps - steps[:, None]  # less one
    allowed = length >= 0
    if max_length is not None:
        allowed = allowed & (length < max_length)
    return ops.where(allowed, both[:, :, :1] + both[:, None, :, 1], 2.0 * MASKED)


def span_weights(both):
    """The probabilities of each token to be the first, the last, and in the answer if there is one.

    Args:
        both: starts and ends, float `(batch, time, 2)`.

    Returns:
        Three float `(batch, time)`.
    """
    spans = span_matrix(both)
    time = ops.shape(both)[1]
    shares = ops.reshape(masked_softmax(ops.reshape(spans, (-1, time * time))), (-1, time, time))
    first, last = ops.sum(shares, axis=2), ops.sum(shares, axis=1)
    return first, last, ops.cumsum(first, axis=1) - ops.cumsum(last, axis=1) + last


def _mean(x, weights):
    """The weighted mean over time, float `(batch, features)`."""
    weights = ops.cast(weights / ops.sum(weights, axis=1, keepdims=True), x.dtype)
    return ops.matmul(weights[:, None], x)[:, 0]
