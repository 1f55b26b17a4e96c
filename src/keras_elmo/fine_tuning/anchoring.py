"""Staying near the pretrained weights: while a model trains, and afterwards."""

from collections.abc import Mapping

import keras
import numpy as np
from keras import ops

from keras_elmo.fine_tuning.groups import check_groups, groups_of, is_elmo
from keras_elmo.fine_tuning.variables import copy_value
from keras_elmo.layers.groups import MIX, group_of

# Variables, and what they were.
Start = list[tuple[keras.Variable, np.ndarray]]


@keras.saving.register_keras_serializable("keras_elmo")
class L2SP(keras.regularizers.Regularizer):
    r"""A pull towards a starting point: $\alpha / 2 \cdot \|w - w^0\|^2$ (Li et al. 2018).

    Args:
        strength: $\alpha$.
        start: $w^0$, of the shape of the variable.
    """

    def __init__(self, strength: float, start: np.ndarray):
        self.strength = strength
        self.start = start

    def __call__(self, x):
        distance = x - ops.cast(self.start, x.dtype)
        return 0.5 * self.strength * ops.sum(ops.square(distance))

    def get_config(self):
        return {"strength": self.strength, "start": np.asarray(self.start).tolist()}


def anchor(
    model: keras.Model, strength: float | Mapping[str, float], mix_strength: float = 0.0
) -> Start:
    """Let the loss pull ELMo's variables towards what they are now.

    Args:
        model: one that holds an ELMo.
        strength: of [`L2SP`][keras_elmo.fine_tuning.anchoring], for all of ELMo or by group; 0 for
            none.
        mix_strength: of a pull of the learned mix's weights towards equal shares (AllenNLP's
            `scalar_mix` λ).

    Returns:
        ELMo's variables and their pretrained values.

    Raises:
        ValueError: a group that the ELMo does not have.
    """
    variables = [v for v in model.weights if is_elmo(group_of(v))]
    groups = groups_of(variables)
    by_group = dict(strength) if isinstance(strength, Mapping) else dict.fromkeys(groups, strength)
    check_groups(by_group, groups, "`l2_sp`")
    start = [(v, copy_value(v)) for v in variables]
    for variable, value in start:
        own = by_group.get(group_of(variable), 0.0)
        variable.regularizer = L2SP(own, value) if own else None
    for variable in model.weights:
        if group_of(variable) == MIX and variable.name == "scalars":  # and not gamma
            variable.regularizer = keras.regularizers.L2(mix_strength) if mix_strength else None
    return start


def release(model: keras.Model) -> None:
    """Undo `anchor`."""
    for variable in model.weights:
        if is_elmo(group_of(variable)) or group_of(variable) == MIX:
            variable.regularizer = None


def pull_back(start: Start, share: float) -> None:
    """Move ELMo's variables back along the straight way to where they began.

    A model half way is often better on both sides than either end (Wortsman et al. 2022).

    Args:
        start: what `anchor` returned.
        share: share of the way from `start` that is kept: 1 changes nothing, 0 gives the
            pretrained ELMo.

    Raises:
        ValueError: a share below 0 or above 1.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"`share` must be from 0 to 1. Received: {share}")
    for variable, begin in start:
        variable.assign(begin + share * (copy_value(variable) - begin))
