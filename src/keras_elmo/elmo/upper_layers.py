"""The upper layers of an ELMo on stored features of the lower ones, which are frozen."""

import numpy as np
from keras import ops

from keras_elmo.elmo.backbone import ElmoBackbone


class UpperLayers:
    """Computes the biLM layers above `first` anew, on features that were computed before.

    The stored features lack the sentence's boundaries, which the layers above read as well. Below
    the first layer that trains, what stands at `<S>` forwards and at `</S>` backwards is the same
    in every sentence: it is computed here once.

    Args:
        backbone: an ELMo with a biLM, whose word layer and lowest `first` biLM layers are frozen.
        first: number of frozen biLM layers, from 0.

    Call arguments:
        features: float `(batch, tokens, layers, 2P)` of all layers; those above `first` are not
            looked at.
        mask: bool `(batch, tokens)`, padding on the right.
        training: whether to drop inputs.

    Returns:
        float `(batch, tokens, layers, 2P)`.
    """

    def __init__(self, backbone: ElmoBackbone, first: int):
        self.backbone, self.first = backbone, first
        size = backbone.config.projection_dim
        none = backbone.word_layer(_boundaries(backbone))  # (1, 2, P): a sentence without words
        stands = ops.convert_to_numpy(backbone.bilm(none))[:, :, first]  # (1, 2, 2P)
        # Constants, not tensors: a graph that is traced later may not see those of today.
        self._start = np.array(stands[:, :1, :size], np.float32)
        self._end = np.array(stands[:, 1:, size:], np.float32)

    def __call__(self, features, mask, training=None):
        bilm, size, first = self.backbone.bilm, self.backbone.config.projection_dim, self.first
        kept = ops.cast(features, bilm.compute_dtype)
        x = kept[:, :, first]  # (batch, tokens, 2P)
        start, end = (ops.cast(array, x.dtype) for array in (self._start, self._end))
        one = ops.ones_like(x[:, :1, :size])  # (batch, 1, P)
        true = ops.ones_like(mask[:, :1])
        # The end takes the place behind the last word, which in most rows is one of padding.
        longer = ops.concatenate([true, mask], axis=1)
        behind = ops.logical_and(longer, ops.logical_not(ops.concatenate([mask, ~true], axis=1)))
        behind = ops.cast(behind, x.dtype)[:, :, None]  # (batch, tokens + 1, 1)
        forwards = ops.concatenate([one * start, x[:, :, :size]], axis=1)
        backwards = ops.concatenate([x[:, :, size:], one * 0.0], axis=1)
        backwards = backwards * (1.0 - behind) + end * behind
        sides = [
            bilm.run_direction(lstms[first:], words, longer, training, first=first)[1:]
            for lstms, words in ((bilm.forward_layers, forwards), (bilm.backward_layers, backwards))
        ]
        layers = [
            ops.concatenate([forward[:, 1:], backward[:, :-1]], axis=-1)
            for forward, backward in zip(*sides, strict=True)
        ]
        real = ops.cast(mask, x.dtype)[:, :, None, None]
        above = ops.stack(layers, axis=2) * real  # (batch, tokens, layers - first, 2P)
        return ops.concatenate([kept[:, :, : first + 1], above], axis=2)


def _boundaries(backbone: ElmoBackbone) -> np.ndarray:
    """The ids of a sentence without words: int32 `(1, 2)` or `(1, 2, characters)`."""
    layer = backbone.get_layer("add_boundaries")
    return np.array([[layer.bos, layer.eos]], np.int32)
