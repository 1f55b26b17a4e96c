"""What scores of spans are trained on and measured by, inside a Keras model.

Targets are int `(batch, answers, 2)`: first and last step of each right span in the numbering of
[`SpanScores`][keras_elmo.layers.span_scores.SpanScores], where (0, 0) is no answer; -1 where there
are fewer answers than in other rows.
"""

import keras
from keras import ops

from keras_elmo.layers.masking import masked
from keras_elmo.layers.span_scores import span_matrix


@keras.saving.register_keras_serializable("keras_elmo")
class SpanLoss(keras.losses.Loss):
    r"""Minus the log-probability of all right answers together, or of none.

    $$ -\log \frac{1}{1 + e^z} - \log \frac{\sum_{(a, b)} e^{s_a + e_b}}{\sum_{i \le j}
       e^{s_i + e_j}} \qquad\text{or}\qquad -\log \frac{e^z}{1 + e^z} $$

    The upper sum runs over the annotated spans (Clark & Gardner 2018, equation 1), the lower one
    over all spans; $z$ is the logarithm of the odds of no answer.
    """

    def __init__(self, reduction: str = "mean_with_sample_weight", name: str = "span_loss"):
        # Positions are integers, which half precision does not hold.
        super().__init__(name=name, reduction=reduction, dtype="float32")

    def call(self, y_true, y_pred):
        starts, ends, real = _gold(y_true)
        right = _score(y_pred, starts, ends)  # (batch, answers)
        right = ops.logsumexp(masked(right, real), axis=1)
        span = ops.logsumexp(span_matrix(y_pred[:, 1:]), axis=(1, 2)) - right
        none, silent = none_odds(y_pred), ops.equal(starts[:, 0], 0)
        return ops.where(silent, ops.softplus(-none), ops.softplus(none) + span)

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
        if measure not in _MEASURES:
            raise ValueError(f"`measure` must be 'accuracy' or 'f1'. Received: {measure!r}")
        self.measure, self.max_length = measure, max_length

    def update_state(self, y_true, y_pred, sample_weight=None):
        first, last = best_span(y_pred, self.max_length)
        some = ops.cast(none_probability(y_pred) <= 0.5, "int32")
        values = best_value(y_true, first * some, last * some, _MEASURES[self.measure])
        return super().update_state(values, sample_weight)

    def get_config(self):
        return super().get_config() | {"measure": self.measure, "max_length": self.max_length}


@keras.saving.register_keras_serializable("keras_elmo")
class BestSpanF1(keras.metrics.Metric):
    """The F1 of `SpanMeasure` with the threshold for no answer that makes it highest.

    It cannot fall below the share of questions without an answer and grows as soon as the model
    tells these from others: a better guide to the best epoch than the F1 with a fixed threshold.

    Args:
        max_length: tokens of an answer at most.
        bins: number of thresholds, evenly from 0 to 1.
    """

    def __init__(self, max_length: int = 30, bins: int = 200, name: str = "best_f1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.max_length, self.bins = max_length, bins
        self.answered, self.silent = (
            self.add_variable((bins,), "zeros", name=name) for name in ("answered", "silent")
        )
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, y_true, y_pred, sample_weight=None):
        first, last = best_span(y_pred, self.max_length)
        values = best_value(y_true, first, last, _overlap)  # 0 where there is no answer
        right_if_silent = ops.cast(ops.equal(y_true[:, 0, 0], 0), "float32")
        weights = ops.ones_like(values) if sample_weight is None else sample_weight
        place = ops.cast(none_probability(y_pred) * self.bins, "int32")
        weighted = ops.one_hot(ops.minimum(place, self.bins - 1), self.bins) * weights[:, None]
        self.answered.assign_add(ops.sum(weighted * values[:, None], axis=0))
        self.silent.assign_add(ops.sum(weighted * right_if_silent[:, None], axis=0))
        self.total.assign_add(ops.sum(weights))

    def result(self):
        # What is gained by answering all questions up to a bin.
        gains = ops.cumsum(self.answered - self.silent)
        best = ops.sum(self.silent) + ops.maximum(ops.max(gains), 0.0)
        return best / ops.maximum(self.total, keras.config.epsilon())

    def get_config(self):
        return super().get_config() | {"max_length": self.max_length, "bins": self.bins}


def none_odds(scores):
    """The logarithm of the odds of no answer, float `(batch,)`."""
    return ops.sum(scores[:, 0], axis=-1)


def none_probability(scores):
    """The probability of no answer, float `(batch,)`."""
    return ops.sigmoid(none_odds(scores))


def best_span(scores, max_length):
    """The first and last step of the span with the highest score: two int `(batch,)`."""
    spans = span_matrix(scores[:, 1:], max_length)
    time = ops.shape(spans)[1]
    best = ops.cast(ops.argmax(ops.reshape(spans, (-1, time * time)), axis=1), "int32")
    return best // time + 1, best % time + 1


def best_value(y_true, first, last, measure):
    """The measure of a span against the nearest right one, float `(batch,)`."""
    starts, ends, real = _gold(y_true)
    values = measure(starts, ends, first[:, None], last[:, None])
    return ops.max(ops.where(real, values, 0.0), axis=1)


def _same(starts, ends, first, last):
    return ops.cast((starts == first) & (ends == last), "float32")


def _overlap(starts, ends, first, last):
    both = ops.minimum(ends, last) - ops.maximum(starts, first) + 1
    lengths = (ends - starts + 1) + (last - first + 1)
    return 2.0 * ops.cast(ops.maximum(both, 0), "float32") / ops.cast(lengths, "float32")


_MEASURES = {"accuracy": _same, "f1": _overlap}


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
