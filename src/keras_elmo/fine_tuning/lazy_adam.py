"""Adam for tables of which a batch holds a few rows."""

from typing import Any

import keras
from keras import ops

from keras_elmo.fine_tuning.groups import LEARNING_RATE
from keras_elmo.fine_tuning.optimizer import clip_by_global_norm
from keras_elmo.fine_tuning.row_gradients import update_rows


@keras.saving.register_keras_serializable("keras_elmo")
class LazyAdam(keras.optimizers.Adam):
    """Adam in which a row of a word table is left alone by batches that do not hold it.

    Keras's Adam moves all rows in every step, those of earlier batches by their momentum, and pays
    for all of them. Here a row whose gradient is zero keeps its values, its two moments too; the
    others change as in Adam, with the bias correction of the whole training's steps. That is
    TensorFlow Addons' `LazyAdam` and PyTorch's `SparseAdam`. Weight decay (that of AdamW) and the
    bounds on gradients leave other rows alone as well. All that is no word table, such as the
    [`WordTable`][keras_elmo.layers.word_table.WordTable] of a task, is trained by Adam as it is.

    Args:
        learning_rate: a number or a schedule.
        weight_decay: decay as of `keras.optimizers.AdamW`; None for none.
        kwargs: more arguments of `keras.optimizers.Adam`.

    Raises:
        ValueError: `amsgrad`.
    """

    def __init__(
        self, learning_rate: Any = LEARNING_RATE, weight_decay: float | None = None, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **kwargs)
        if self.amsgrad:
            raise ValueError("`LazyAdam` has no `amsgrad`. Received: amsgrad=True")

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        if not _by_rows(self._trainable_variables[index]):
            super().update_step(gradient, variable, learning_rate)
            return
        step = ops.cast(self.iterations + 1, variable.dtype)
        rate = ops.cast(learning_rate, variable.dtype)
        correction = ops.sqrt(1 - ops.power(self.beta_2, step)) / (1 - ops.power(self.beta_1, step))

        def update(gradient, values, m, v):
            new_m = m + (gradient - m) * (1 - self.beta_1)
            new_v = v + (ops.square(gradient) - v) * (1 - self.beta_2)
            kept = values * (1 - rate * self.weight_decay) if self.weight_decay else values
            new_values = kept - rate * correction * new_m / (ops.sqrt(new_v) + self.epsilon)
            touched = ops.any(gradient != 0, axis=-1, keepdims=True)
            pairs = (new_values, values), (new_m, m), (new_v, v)
            return [ops.where(touched, new, old) for new, old in pairs]

        tables = variable, self._momentums[index], self._velocities[index]
        update_rows(self, gradient, tables, update)

    def _clip_gradients(self, grads):
        if self.global_clipnorm:
            return clip_by_global_norm(grads, self.global_clipnorm)
        return super()._clip_gradients(grads)

    def _apply_weight_decay(self, variables):
        if others := [variable for variable in variables if not _by_rows(variable)]:
            super()._apply_weight_decay(others)


def _by_rows(variable: keras.Variable) -> bool:
    return getattr(variable, "updated_by_rows", False)
