"""The softmax over the vocabulary that pre-training needs: sampled to train, full to evaluate."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_elmo")
class SampledSoftmax(keras.layers.Layer):
    r"""Cross-entropy over a large vocabulary (Jean et al. 2015), one table for both directions.

    With `candidates` the loss runs over the target and the sampled words only. Each logit is
    lowered by the log of how often its word was expected in the sample, which makes the gradient
    that of the full softmax in the limit; a candidate that equals the target is left out of its
    row. Without candidates it is the full softmax, exact and slow.

    Args:
        vocabulary_size: number $V$ of words.

    Call arguments:
        hidden: float `(predictions, features)`.
        targets: int32 `(predictions,)`, ids from 0 to $V - 1$.
        target_log_counts: float `(predictions,)`, log expected count of each target.
        candidates: int32 `(samples,)`, distinct ids.
        candidate_log_counts: float `(samples,)`, log expected count of each candidate.

    Returns:
        float32 `(predictions,)`: minus the log-probability of each target, in nats.
    """

    def __init__(self, vocabulary_size: int, **kwargs):
        # Sums over many words: half precision would overflow.
        super().__init__(**{"dtype": "float32", **kwargs})
        self.vocabulary_size = vocabulary_size

    def build(self, hidden_shape):
        features = hidden_shape[-1]
        self.kernel = self.add_weight(
            shape=(self.vocabulary_size, features),
            initializer=keras.initializers.RandomNormal(stddev=features**-0.5),
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.vocabulary_size,), initializer="zeros", name="bias")

    def call(
        self,
        hidden,
        targets,
        target_log_counts=None,
        candidates=None,
        candidate_log_counts=None,
    ):
        if candidates is None:
            logits = ops.matmul(hidden, ops.transpose(self.kernel)) + self.bias
            target = ops.take_along_axis(logits, targets[:, None], axis=1)[:, 0]
            return ops.logsumexp(logits, axis=1) - target
        kernel = ops.take(self.kernel, candidates, axis=0)  # (samples, features)
        bias = ops.take(self.bias, candidates) - candidate_log_counts
        logits = ops.matmul(hidden, ops.transpose(kernel)) + bias  # (predictions, samples)
        logits = ops.where(ops.equal(targets[:, None], candidates[None]), -1e9, logits)
        target = ops.sum(hidden * ops.take(self.kernel, targets, axis=0), axis=-1)
        target = target + ops.take(self.bias, targets) - target_log_counts  # (predictions,)
        return ops.logsumexp(ops.concatenate([target[:, None], logits], axis=1), axis=1) - target

    def compute_output_shape(self, hidden_shape, *_):
        return hidden_shape[:1]

    def get_config(self):
        return super().get_config() | {"vocabulary_size": self.vocabulary_size}
