"""Which layer groups train in which epochs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import keras

from keras_elmo._values import Unfreezing
from keras_elmo.fine_tuning.groups import check_groups, is_elmo
from keras_elmo.layers.groups import group_of

PLANS = get_args(Unfreezing)


@dataclass(frozen=True)
class Stage:
    """Some epochs in which the same groups train.

    Attributes:
        groups: names of layer groups, see [`groups`][keras_elmo.layers.groups].
        epochs: how many; None for all that remain, in the last stage only.
    """

    groups: Sequence[str]
    epochs: int | None = None


def unfreezing_plan(
    plan: str | Sequence[Stage], groups: Sequence[str], epochs: int
) -> list[tuple[int, list[str]]]:
    """Lay out a plan over the epochs of a training.

    Args:
        plan: `"frozen"`: ELMo never trains. `"all"`: all groups train from the first epoch on.
            `"head_first"` (Kumar et al. 2022): all but ELMo for half of the epochs, then all; an
            untrained head would bend ELMo to its random weights. `"gradual"` (Howard and Ruder
            2018): the head for an epoch, then ELMo's top layer as well, an epoch later the one
            below, and so on. `"chain_thaw"` (Felbo et al. 2017): the head for an epoch, then each
            part of ELMo alone for an epoch, from the word layer upwards, then all. Or stages.
        groups: groups of the model, from the inputs to the head.
        epochs: number of epochs of the whole training.

    Returns:
        For each stage its epochs and its groups.

    Raises:
        ValueError: no such plan or group, or it is longer than the training.

    Example:
        >>> unfreezing_plan("gradual", ["word_layer", "bilm_1", "head"], 5)
        [(1, ['head']), (1, ['bilm_1', 'head']), (3, ['word_layer', 'bilm_1', 'head'])]
    """
    stages = _named(plan, groups, epochs) if isinstance(plan, str) else list(plan)
    check_groups((name for stage in stages for name in stage.groups), groups, "the plan's stages")
    planned = sum(stage.epochs or 1 for stage in stages)
    endless = [stage for stage in stages[:-1] if stage.epochs is None]
    empty = [stage for stage in stages if not stage.groups or (stage.epochs or 1) < 1]
    if not stages or endless or empty:
        raise ValueError(
            "a plan's stages must have groups and epochs; the last one may have None for the rest. "
            f"Received: {stages}"
        )
    if planned > epochs:
        raise ValueError(
            f"a plan must fit into the training. Received: {planned} epochs of stages for {epochs} "
            f"epochs. Train for {planned} at least, or choose another plan."
        )
    lengths = [stage.epochs or 1 for stage in stages]
    lengths[-1] += epochs - planned
    return [
        (length, [name for name in groups if name in stage.groups])
        for length, stage in zip(lengths, stages, strict=True)
    ]


def _named(plan: str, groups: Sequence[str], epochs: int) -> list[Stage]:
    elmo = [name for name in groups if is_elmo(name)]
    others = [name for name in groups if not is_elmo(name)]
    if plan == "frozen":
        return [Stage(others)]
    if plan == "all":
        return [Stage(groups)]
    if plan == "head_first":
        return [Stage(others, max(1, epochs // 2)), Stage(groups)]
    if plan == "gradual":
        thawed = range(len(elmo), 0, -1)  # the lowest of ELMo's that trains
        return [Stage(others, 1), *(Stage([*elmo[low - 1 :], *others], 1) for low in thawed)]
    if plan == "chain_thaw":
        return [Stage(others, 1), *(Stage([name], 1) for name in elmo), Stage(groups)]
    names = ", ".join(map(repr, PLANS))
    raise ValueError(f"`unfreezing` must be one of {names}, or stages. Received: {plan!r}")


def set_trainable(model: keras.Model, groups: Sequence[str]) -> None:
    """Let these groups of a task train, and freeze all others.

    No backend picks that up by itself: the optimizer must be a new one.

    Args:
        model: with the ELMo as `model.backbone`.
        groups: names of layer groups.
    """
    backbone = model.backbone
    backbone.trainable = any(is_elmo(name) for name in groups)
    for layer in (backbone.word_layer, *parts(backbone)):
        layer.trainable = backbone.trainable and group_of(layer.weights[0]) in groups
    for layer in model.layers:
        if layer is not backbone and layer.weights:
            layer.trainable = group_of(layer.weights[0]) in groups


def frozen_layers(backbone: keras.Model) -> int:
    """How many of ELMo's layers are frozen from the word layer (the first) upwards."""
    count = 0
    sides = backbone.bilm.forward_layers, backbone.bilm.backward_layers
    for layers in ([backbone.word_layer], *zip(*sides, strict=True)):
        if any(layer.trainable_weights for layer in layers):
            break
        count += 1
    return count


def parts(backbone: keras.Model) -> list[keras.layers.Layer]:
    """The layers of an encoder, each of which belongs to one group."""
    encoder = backbone.bilm
    if backbone.config.has_bilm:
        return [*encoder.forward_layers, *encoder.backward_layers]
    return [*encoder.bilstms, encoder.projection]
