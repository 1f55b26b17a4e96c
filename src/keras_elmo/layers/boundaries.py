"""Sentence boundaries: ELMo reads `<S> sentence </S>` but gives vectors for the sentence only."""

from collections.abc import Sequence

import keras
from keras import ops

from keras_elmo.layers.configured import ConfiguredLayer


@keras.saving.register_keras_serializable("keras_elmo")
class AddBoundaries(ConfiguredLayer):
    """Put `<S>` before the first and `</S>` behind the last real token of each row.

    Args:
        bos, eos: what stands for `<S>` and `</S>`: character ids of one word, or one word id.

    Call arguments:
        ids: int32 `(batch, time, characters)` or `(batch, time)`.
        padding_mask: bool `(batch, time)`, True at real tokens, padding on the right.

    Returns:
        ids with two more steps, 0 where masked, and the mask bool `(batch, time + 2)`.
    """

    def __init__(self, bos: Sequence[int] | int, eos: Sequence[int] | int, **kwargs):
        super().__init__(**kwargs)
        self.bos = bos
        self.eos = eos

    def call(self, ids, padding_mask):
        words = ops.ndim(ids) == 2
        if words:  # one "character" a word, so that both kinds take the same way
            ids = ids[:, :, None]
        bos = ops.reshape(ops.convert_to_tensor(self.bos, "int32"), (1, 1, -1))
        eos = ops.reshape(ops.convert_to_tensor(self.eos, "int32"), (1, 1, -1))
        ones = ops.ones_like(ids[:, :1])  # (batch, 1, characters)
        padding_mask = ops.cast(padding_mask, "bool")
        real = ops.cast(padding_mask, "int32")[:, :, None]  # (batch, time, 1)
        rows = ops.concatenate([ones * bos, ids * real, ones * 0], axis=1)
        true = ops.ones_like(padding_mask[:, :1])
        mask = ops.concatenate([true, true, padding_mask], axis=1)  # (batch, time + 2)
        inside = ops.concatenate([true, padding_mask, ops.logical_not(true)], axis=1)
        last = ops.cast(ops.logical_and(mask, ops.logical_not(inside)), "int32")[:, :, None]
        rows = rows + last * eos
        return (rows[:, :, 0] if words else rows), mask

    def compute_output_spec(self, ids, padding_mask):
        batch, time, *rest = ids.shape
        longer = None if time is None else time + 2
        return (
            keras.KerasTensor((batch, longer, *rest), dtype="int32"),
            keras.KerasTensor((batch, longer), dtype="bool"),
        )


@keras.saving.register_keras_serializable("keras_elmo")
class RemoveBoundaries(keras.layers.Layer):
    """Undo `AddBoundaries` on features: drop both steps, zero where the token is padding.

    Call arguments:
        features: float `(batch, time + 2, ...)`.
        padding_mask: bool `(batch, time)` of the tokens without boundaries.

    Returns:
        float `(batch, time, ...)`.
    """

    def call(self, features, padding_mask):
        real = ops.cast(padding_mask, features.dtype)
        real = ops.reshape(real, (*ops.shape(real), *[1] * (len(features.shape) - 2)))
        return features[:, 1:-1] * real

    def compute_output_shape(self, features_shape, padding_mask_shape):
        return (*padding_mask_shape, *features_shape[2:])

    def compute_mask(self, features, previous_mask=None):
        return None if previous_mask is None else previous_mask[:, 2:]
