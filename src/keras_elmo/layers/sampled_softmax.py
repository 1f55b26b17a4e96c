"""The softmax over the vocabulary that pre-training needs: sampled to train, full to evaluate."""

import keras
from keras import ops

from keras_elmo.layers.configured import ConfiguredLayer
from keras_elmo.layers.cross_entropy import cross_entropy_in_blocks
from keras_elmo.layers.custom_gradient import custom_gradient
from keras_elmo.layers.masking import masked


@keras.saving.register_keras_serializable("keras_elmo")
class SampledSoftmax(ConfiguredLayer):
    r"""Cross-entropy over a large vocabulary (Jean et al. 2015), one table for both directions.

    With `candidates` the loss runs over the target and the sampled words only. Each logit is
    lowered by the log of how often its word was expected in the sample, which makes the gradient
    that of the full softmax in the limit. A target among the candidates counts once. Without
    candidates it is the full softmax, exact and slow.

    Args:
        vocabulary_size: number $V$ of words.
        product_dtype: type of the operands of the products with candidates; the rest is float32.

    Call arguments:
        hidden: float `(predictions, features)`.
        targets: int32 `(predictions,)`, ids from 0 to $V - 1$.
        target_log_counts: float `(predictions,)`, log expected count of each target.
        candidates: int32 `(samples,)`, distinct ids.
        candidate_log_counts: float `(samples,)`, log expected count of each candidate.

    Returns:
        float32 `(predictions,)`: minus the log-probability of each target, in nats.
    """

    def __init__(self, vocabulary_size: int, product_dtype: str = "float32", **kwargs):
        # Sums over many words: half precision would overflow.
        super().__init__(**{"dtype": "float32", **kwargs})
        self.vocabulary_size = vocabulary_size
        self.product_dtype = product_dtype

    def build(self, hidden_shape):
        features = hidden_shape[-1]
        self.kernel = self.add_weight(
            shape=(self.vocabulary_size, features),
            initializer=keras.initializers.RandomNormal(stddev=features**-0.5),
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.vocabulary_size,), initializer="zeros", name="bias")

    def call(
        self, hidden, targets, target_log_counts=None, candidates=None, candidate_log_counts=None
    ):
        if candidates is None:
            return cross_entropy_in_blocks(hidden, self.kernel, self.bias, targets)
        kernel = ops.take(self.kernel, candidates, axis=0)  # (samples, features)
        bias = ops.take(self.bias, candidates) - candidate_log_counts
        sampled = _log_sum_exp(hidden, kernel, bias, self.product_dtype)  # (predictions,)
        target = ops.sum(hidden * ops.take(self.kernel, targets, axis=0), axis=-1)
        target = target + ops.take(self.bias, targets) - target_log_counts  # (predictions,)
        # A target among the candidates is in their sum already: there it has the same logit.
        is_sampled = ops.scatter(
            candidates[:, None], ops.ones_like(candidates), (self.vocabulary_size,)
        )
        absent = masked(target, ops.equal(ops.take(is_sampled, targets), 0))
        # `logaddexp` of such numbers has second derivatives on PyTorch that are none.
        return sampled + ops.softplus(absent - sampled) - target

    def output_vectors(self):
        """The vector of each word, float32 `(V, features)`: its logit is the product with it."""
        return ops.convert_to_numpy(self.kernel)

    def compute_output_shape(self, hidden_shape, *_):
        return hidden_shape[:1]


def _log_sum_exp(hidden, kernel, bias, dtype):
    """log Σ exp(hidden kernelᵀ + bias) over words, with few passes over all the logits.

    The exponentials are kept in `dtype` for the gradient, which then is two products.
    """

    @custom_gradient
    def function(hidden, kernel, bias):
        words = ops.cast(kernel, dtype)
        logits = ops.matmul(ops.cast(hidden, dtype), ops.transpose(words))
        logits = ops.cast(logits, "float32") + bias  # (predictions, samples)
        top = ops.max(logits, axis=1, keepdims=True)
        exponentials = ops.exp(logits - top)
        total = ops.sum(exponentials, axis=1, keepdims=True)  # (predictions, 1)
        weights = ops.cast(exponentials, dtype)

        def gradient(upstream):
            scale = upstream[:, None] / total
            d_hidden = ops.cast(ops.matmul(weights, words), "float32") * scale
            rows = ops.concatenate([hidden * scale, scale], axis=1)  # the last for the bias
            d_words = ops.matmul(ops.transpose(weights), ops.cast(rows, dtype))
            d_words = ops.cast(d_words, "float32")  # (samples, features + 1)
            return d_hidden, d_words[:, :-1], d_words[:, -1]

        return (ops.log(total) + top)[:, 0], gradient

    return function(hidden, kernel, bias)
