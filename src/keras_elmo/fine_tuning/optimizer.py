"""An optimizer for each group, and one bound on the gradients of all of them together."""

from typing import Any

import keras
from keras import ops

from keras_elmo.fine_tuning.row_gradients import is_rows, map_rows, summed_rows


@keras.saving.register_keras_serializable("keras_elmo")
class GroupedOptimizer(keras.optimizers.MultiOptimizer):
    """Keras's `MultiOptimizer`, with the gradients of all groups clipped by their common norm.

    A bound in each group's own optimizer would change how the groups' gradients stand to one
    another, and let through the root of as many times the norm as there are groups.

    Args:
        optimizer_map: which optimizer is whose, a `keras.optimizers.OptimizerMap`.
        clip_norm: bound on the norm of all gradients of a batch, which also keeps a batch with
            gradients that are not finite from changing the weights; None for neither.
    """

    def __init__(self, optimizer_map: Any, clip_norm: float | None = None, **kwargs: Any):
        super().__init__(optimizer_map, **kwargs)
        self.clip_norm = clip_norm

    def apply(self, grads, trainable_variables=None):
        if self.clip_norm:
            grads = clip_by_global_norm(grads, self.clip_norm)
        super().apply(grads, trainable_variables)

    def get_config(self):
        return super().get_config() | {"clip_norm": self.clip_norm}


def clip_by_global_norm(gradients, clip_norm):
    """All gradients scaled alike so that their common norm is `clip_norm` at most.

    Where one of them is not finite all become zeros: a batch whose loss is NaN, which would turn
    all weights into NaN, leaves them good.

    Args:
        gradients: tensors, or None where a variable has no part in the loss.
    """
    # Those of word tables may come as rows, which are not made whole tables here.
    gradients = [summed_rows(g) if is_rows(g) else g for g in gradients]
    values = [g.values if is_rows(g) else g for g in gradients]
    squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in values if g is not None]
    if not squares:
        return gradients
    norm = ops.sqrt(sum(squares))
    finite = ops.isfinite(norm)
    scale = clip_norm / ops.maximum(norm, clip_norm)

    def scaled(values):
        return ops.where(
            finite, values * ops.cast(scale, values.dtype), ops.zeros((), values.dtype)
        )

    return [None if g is None else map_rows(scaled, g) for g in gradients]
