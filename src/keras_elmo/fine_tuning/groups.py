"""The layer groups of a model: those parts that get their own learning rate, or are frozen alone.

See [`keras_elmo.layers.groups`][keras_elmo.layers.groups] for their names.
"""

import re
from collections.abc import Iterable
from typing import Any

from keras_elmo.layers.groups import HEAD, MIX, WORD_VECTORS, group_of

# What trains at which rate unless told otherwise: head, mixes and word vectors; ELMo's top layer;
# each layer below at that of the layer above times this (Howard and Ruder 2018, §3.2).
LEARNING_RATE, ELMO_LEARNING_RATE, DECAY = 4e-3, 1e-4, 1 / 2.6
CLIP_NORM = 5.0


def groups_of(variables: Iterable[Any]) -> list[str]:
    """The groups that there are among some Keras variables, from the inputs to the head."""
    return sorted({group_of(variable) for variable in variables}, key=_place)


def is_elmo(group: str) -> bool:
    """Whether a group is a part of ELMo."""
    return group == "word_layer" or group.startswith("bilm_")


def check_groups(names: Iterable[str], groups: Iterable[str], what: str) -> None:
    """Raise for a name that is no group of the model.

    Raises:
        ValueError: one is.
    """
    groups = list(groups)
    if unknown := [name for name in names if name not in groups]:
        raise ValueError(
            f"{what} must be for groups of this model: {', '.join(groups)}. "
            f"Received: {', '.join(map(repr, unknown))}"
        )


def _place(group: str) -> tuple[int, int]:
    order = ("word_layer", "bilm_", "bilm_projection", MIX, WORD_VECTORS, HEAD)
    if found := re.fullmatch(r"bilm_(\d+)", group):
        return 1, int(found[1])
    return order.index(group), 0
