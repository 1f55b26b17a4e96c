"""F1 of tagged spans as a Keras metric: while it trains, and to choose the best epoch by."""

from collections.abc import Sequence

import keras
from keras import ops

from keras_elmo.text.tags import span_edges


@keras.saving.register_keras_serializable("keras_elmo")
class TagF1(keras.metrics.Metric):
    """F1 of all spans since the last reset, counted as conlleval counts them.

    A token's tag is its most probable one: the sequences that a scheme or a CRF then prefers, and
    `report` counts, can differ a little.

    Args:
        labels: the tags, by class number, in any scheme.
    """

    def __init__(self, labels: Sequence[str], name: str = "f1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.labels = list(labels)
        self._type, self._begins, self._ends = span_edges(self.labels)
        self.correct, self.predicted, self.gold = (
            self.add_variable((), "zeros", name=name) for name in ("correct", "predicted", "gold")
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count a batch.

        Args:
            y_true: int `(batch, tokens)`.
            y_pred: probabilities, float `(batch, tokens, labels)`.
            sample_weight: float `(batch, tokens)`; what has no weight is outside of all spans.
        """
        real = True if sample_weight is None else ops.cast(sample_weight, "float32") > 0.0
        gold = self._edges(ops.cast(y_true, "int32"), real)
        found = self._edges(ops.cast(ops.argmax(y_pred, axis=-1), "int32"), real)
        differs = [ops.not_equal(a, b) for a, b in zip(gold, found, strict=True)]
        wrong = ops.cast(differs[0] | differs[1] | differs[2], "int32")
        _, begins, _ = gold
        # Every gold span is a segment that reaches to the next one; only its own tokens count.
        inside = ops.reshape(ops.cast(gold[0] > 0, "int32"), (-1,))
        starts = ops.reshape(ops.cast(begins, "int32"), (-1,))
        numbers = ops.cumsum(starts)
        errors = ops.segment_sum(
            ops.reshape(wrong, (-1,)) * inside, numbers, num_segments=ops.shape(numbers)[0] + 1
        )
        # At the token where a span begins: how many of its tokens differ.
        own = ops.take(errors, numbers)
        self.correct.assign_add(_count((starts > 0) & (own == 0)))
        self.predicted.assign_add(_count(found[1]))
        self.gold.assign_add(_count(begins))

    def result(self):
        total = self.predicted + self.gold
        return ops.where(total > 0, 2 * self.correct / ops.maximum(total, 1.0), 0.0)

    def get_config(self):
        return super().get_config() | {"labels": self.labels}

    def _edges(self, ids, real):
        """Types (0 outside), and where spans begin and end: `(batch, tokens)` each."""
        types = ops.where(real, ops.take(self._type, ids), 0)
        begins, ends = (
            ops.where(real, ops.take(table, ids), False) for table in (self._begins, self._ends)
        )
        zero, no = ops.zeros_like(types[:, :1]), ops.zeros_like(begins[:, :1])
        before = ops.concatenate([zero, types[:, :-1]], axis=1)
        after = ops.concatenate([types[:, 1:], zero], axis=1)
        ended = ops.concatenate([no, ends[:, :-1]], axis=1)
        begun = ops.concatenate([begins[:, 1:], no], axis=1)
        inside = types > 0
        return (
            types,
            inside & (begins | ended | ops.not_equal(before, types)),
            inside & (ends | begun | ops.not_equal(after, types)),
        )


def _count(where):
    return ops.sum(ops.cast(where, "float32"))
