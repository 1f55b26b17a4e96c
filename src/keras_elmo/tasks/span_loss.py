"""What scores of spans are trained on and measured by, inside a Keras model.

Targets are int `(batch, answers, 2)`: first and last step of each right span in the numbering of
[`SpanScores`][keras_elmo.layers.span_scores.SpanScores], where (0, 0) is no answer; -1 where there
are fewer answers than in other rows.
"""

import keras
from keras import ops

from keras_elmo.layers.span_scores import MASKED


@keras.saving.register_keras_serializable("keras_elmo")
class SpanLoss(keras.losses.Loss):
    r"""Minus the log-probability of all right answers (Clark & Gardner 2018, equation 2).

    $$ -\log \frac{\sum_{(a, b)} e^{s_a + e_b}}{e^z + \sum_i \sum_j e^{s_i + e_j}} $$

    The sum runs over the annotated spans, or is $e^z$ where there is no answer.
    """

    def __init__(self, reduction: str = "mean_with_sample_weight", name: str = "span_loss"):
        # Positions are integers, which half precision does not hold.
        super().__init__(name=name, reduction=reduction, dtype="float32")

    def call(self, y_true, y_pred):
        starts, ends, real = _gold(y_true)
        right = _score(y_pred, starts, ends)  # (batch, answers)
        right = ops.logsumexp(ops.where(real, right, MASKED), axis=1)
        return ops.logaddexp(none_score(y_pred), all_spans_score(y_pred)) - right

    def get_config(self):
        return {"reduction": self.reduction, "name": self.name}


@keras.saving.register_keras_serializable("keras_elmo")
class SpanMeasure(keras.metrics.Mean):
    """The mean of a measure of the best answer: no answer where that is more probable than any.

    Args:
        measure: `"accuracy"`, the share of answers with the right first and last token, or `"f1"`,
            the overlap with the nearest right one: twice the tokens in both over those of each.
        max_length: tokens of an answer at most.
    """

    def __init__(
        self, measure: str = "f1", max_length: int = 30, name: str | None = None, **kwargs
    ):
        super().__init__(name=name or measure, **kwargs)
        if measure not in ("accuracy", "f1"):
            raise ValueError(f"`measure` must be 'accuracy' or 'f1'. Received: {measure!r}")
        self.measure, self.max_length = measure, max_length

    def update_state(self, y_true, y_pred, sample_weight=None):
        starts, ends, real = _gold(y_true)
        first, last = (step[:, None] for step in best_span(y_pred, self.max_length))
        if self.measure == "accuracy":
            values = ops.cast((starts == first) & (ends == last), "float32")
        else:
            both = ops.minimum(ends, last) - ops.maximum(starts, first) + 1
            lengths = (ends - starts + 1) + (last - first + 1)
            values = 2.0 * ops.cast(ops.maximum(both, 0), "float32") / ops.cast(lengths, "float32")
        best = ops.max(ops.where(real, values, 0.0), axis=1)
        return super().update_state(best, sample_weight)

    def get_config(self):
        return super().get_config() | {"measure": self.measure, "max_length": self.max_length}


def none_score(scores):
    """The score of no answer, float `(batch,)`."""
    return ops.sum(scores[:, 0], axis=-1)


def all_spans_score(scores):
    """The logarithm of the sum over all spans, float `(batch,)`."""
    return ops.sum(ops.logsumexp(scores[:, 1:], axis=1), axis=-1)


def best_span(scores, max_length):
    """The first and last step of the best answer: two int `(batch,)`, both 0 for none."""
    starts, ends = scores[:, 1:, 0], scores[:, 1:, 1]
    time = ops.shape(starts)[1]
    steps = ops.arange(time)
    length = steps - steps[:, None]  # of a span, less one: (time, time), starts before ends
    allowed = (length >= 0) & (length < max_length)
    spans = ops.where(allowed, starts[:, :, None] + ends[:, None], 2.0 * MASKED)
    best = ops.argmax(ops.reshape(spans, (-1, time * time)), axis=1)
    best = ops.cast(best, "int32")
    some = ops.cast(none_score(scores) <= all_spans_score(scores), "int32")
    return (best // time + 1) * some, (best % time + 1) * some


def _gold(y_true):
    y_true = ops.cast(y_true, "int32")
    starts, ends = y_true[:, :, 0], y_true[:, :, 1]
    return starts, ends, starts >= 0


def _score(scores, starts, ends):
    """The score of each span, float `(batch, answers)`."""
    parts = [
        ops.take_along_axis(scores[:, :, i], ops.maximum(places, 0), axis=1)
        for i, places in enumerate((starts, ends))
    ]
    return parts[0] + parts[1]
