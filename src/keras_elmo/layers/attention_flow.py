"""Attention between two texts, such as a passage and a question, and of a text to itself."""

import keras
from keras import ops

from keras_elmo.layers.masking import masked, masked_softmax, widened


@keras.saving.register_keras_serializable("keras_elmo")
class AttentionFlow(keras.layers.Layer):
    r"""Attention of each token of a passage to a question (BiDAF, Seo et al. 2017, §2.4).

    With a passage token $h_t$ and a question token $u_j$,

    $$ S_{tj} = w_h^\top h_t + w_u^\top u_j + w_m^\top (h_t \circ u_j) $$

    *Context to query*: $\tilde u_t = \sum_j \mathrm{softmax}_j(S_{tj})\, u_j$. *Query to context*:
    $\tilde h = \sum_t \mathrm{softmax}_t(\max_j S_{tj})\, h_t$, the same for all $t$. The output is
    $[h_t; \tilde u_t; h_t \circ \tilde u_t; h_t \circ \tilde h]$.

    Call arguments:
        passage: float `(batch, time, features)`.
        question: float `(batch, words, features)`.
        mask: bool `(batch, time)`, True at real tokens of the passage, padding on the right.
        question_mask: bool `(batch, words)`, likewise. Without a real token $\tilde u$ is zero.

    Returns:
        float `(batch, time, 4 features)`, zero at masked steps.
    """

    def build(self, passage_shape, question_shape=None):
        self.similarity = Trilinear(dtype="float32", name="similarity")
        self.similarity.build(passage_shape)

    def call(self, passage, question, mask=None, question_mask=None):
        scores = self.similarity(passage, question)  # (batch, time, words)
        real = None if mask is None else ops.cast(mask, "bool")
        words = None if question_mask is None else ops.cast(question_mask, "bool")[:, None]
        to_question = _weighted_sums(masked_softmax(scores, words), question)
        best = ops.max(masked(scores, words), axis=2)  # (batch, time)
        weights = masked_softmax(best, real)[:, None]  # (batch, 1, time)
        to_passage = _weighted_sums(weights, passage)  # (batch, 1, features)
        parts = [passage, to_question, passage * to_question, passage * to_passage]
        return _zero_where_masked(ops.concatenate(parts, axis=-1), real)

    def compute_output_shape(self, passage_shape, question_shape=None):
        return (*passage_shape[:-1], 4 * passage_shape[-1])

    def compute_mask(self, passage, previous_mask=None):
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask


@keras.saving.register_keras_serializable("keras_elmo")
class SelfAttention(keras.layers.Layer):
    r"""Attention of each token of a passage to the others (Clark & Gardner 2018, §2.2).

    $$ c_t = \sum_{s \ne t} \mathrm{softmax}_s(S_{ts})\, h_s, \qquad
       S_{ts} = w_1^\top h_t + w_2^\top h_s + w_3^\top (h_t \circ h_s) $$

    The output is $[h_t; c_t; h_t \circ c_t]$. No token attends to itself: alone it gets $c = 0$.

    Call arguments:
        inputs: float `(batch, time, features)`.
        mask: bool `(batch, time)`, True at real tokens, padding on the right.

    Returns:
        float `(batch, time, 3 features)`, zero at masked steps.
    """

    def build(self, input_shape):
        self.similarity = Trilinear(dtype="float32", name="similarity")
        self.similarity.build(input_shape)

    def call(self, inputs, mask=None):
        scores = self.similarity(inputs, inputs)  # (batch, time, time)
        steps = ops.arange(ops.shape(inputs)[1])
        others = ops.not_equal(steps[:, None], steps)[None]  # (1, time, time)
        real = None if mask is None else ops.cast(mask, "bool")
        seen = others if real is None else ops.logical_and(others, real[:, None])
        attended = _weighted_sums(masked_softmax(scores, seen), inputs)
        parts = [inputs, attended, inputs * attended]
        return _zero_where_masked(ops.concatenate(parts, axis=-1), real)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 3 * input_shape[-1])

    def compute_mask(self, inputs, previous_mask=None):
        return previous_mask


@keras.saving.register_keras_serializable("keras_elmo")
class CrossAttention(keras.layers.Layer):
    r"""Attention of each token of a text to another text (ESIM, Chen et al. 2017, §3.2).

    $$ \tilde x_t = \sum_s \mathrm{softmax}_s(x_t^\top y_s)\, y_s $$

    The output is $[x_t; \tilde x_t; x_t - \tilde x_t; x_t \circ \tilde x_t]$.

    Call arguments:
        x: float `(batch, time, features)`.
        y: float `(batch, steps, features)`.
        mask: bool `(batch, time)`, True at real tokens, padding on the right.
        other_mask: bool `(batch, steps)`, likewise, of `y`.

    Returns:
        float `(batch, time, 4 features)`, zero at masked steps.
    """

    def call(self, x, y, mask=None, other_mask=None):
        scores = ops.matmul(
            widened(x), ops.transpose(widened(y), (0, 2, 1))
        )  # (batch, time, steps)
        real = None if mask is None else ops.cast(mask, "bool")
        steps = None if other_mask is None else ops.cast(other_mask, "bool")[:, None]
        attended = _weighted_sums(masked_softmax(scores, steps), y)  # (batch, time, features)
        parts = [x, attended, x - attended, x * attended]
        return _zero_where_masked(ops.concatenate(parts, axis=-1), real)

    def compute_output_shape(self, x_shape, y_shape=None):
        return (*x_shape[:-1], 4 * x_shape[-1])

    def compute_mask(self, x, previous_mask=None):
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask


@keras.saving.register_keras_serializable("keras_elmo")
class Trilinear(keras.layers.Layer):
    r"""The similarity $w_x^\top x_t + w_y^\top y_s + w_m^\top (x_t \circ y_s)$ of all pairs.

    Three vectors stand for one over $[x; y; x \circ y]$, which would be as large as all pairs.

    Call arguments:
        x: float `(batch, time, features)`.
        y: float `(batch, steps, features)`.

    Returns:
        float `(batch, time, steps)`.
    """

    def build(self, x_shape, y_shape=None):
        shape = (x_shape[-1],)
        self.of_x, self.of_y, self.of_both = (
            # A vector of weights, though it is one of many: Glorot would take it for a square.
            self.add_weight(
                shape=shape,
                initializer=keras.initializers.RandomUniform(-(b := shape[0] ** -0.5), b),
                name=name,
            )
            for name in ("of_x", "of_y", "of_both")
        )

    def call(self, x, y):
        of_x = ops.matmul(x, self.of_x[:, None])  # (batch, time, 1)
        of_y = ops.transpose(ops.matmul(y, self.of_y[:, None]), (0, 2, 1))  # (batch, 1, steps)
        both = ops.matmul(x * self.of_both, ops.transpose(y, (0, 2, 1)))
        return both + of_x + of_y

    def compute_output_shape(self, x_shape, y_shape):
        return (*x_shape[:-1], y_shape[1])

    def compute_mask(self, x, previous_mask=None):
        return None


def _weighted_sums(weights, x):
    """The products of float32 weights with vectors, in the precision of these."""
    return ops.matmul(ops.cast(weights, x.dtype), x)


def _zero_where_masked(x, real):
    return x if real is None else x * ops.cast(real, x.dtype)[:, :, None]
