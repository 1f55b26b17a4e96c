"""Layer groups: which part of a model a variable belongs to, as the layer that owns it says.

The groups are `word_layer` (the character CNN, or the table of words), `bilm_1`, `bilm_2`, … (each
both directions), `bilm_projection` (of ELMoForManyLangs's other encoder), `mix`, `word_vectors`
(beside ELMo) and `head`, all the rest. A name never decides: a layer of somebody else's that is
called `char_cnn` belongs to the head.
"""

import re
from collections.abc import Iterable
from typing import Any

HEAD = "head"
MIX = "mix"
WORD_VECTORS = "word_vectors"
_ELMO = (  # name → what the path of a backbone's variable matches
    ("word_layer", r"(char_cnn|word_embedding|word_projection)/.*"),
    ("bilm_{0}", r"bilm/(forward|backward|layer)_(?P<layer>\d+)/.*"),
    ("bilm_projection", r"bilm/projection/.*"),
)


def group_of(variable: Any) -> str:
    """The group of a Keras variable.

    Example:
        >>> group_of(backbone.bilm.backward_layers[1].weights[0]), group_of(dense.kernel)
        ('bilm_2', 'head')
    """
    return getattr(variable, "layer_group", HEAD)


def join_group(variables: Iterable[Any], group: str) -> None:
    """Let variables belong to a group; for the layers that own them."""
    for variable in variables:
        variable.layer_group = group


def elmo_group(path: str) -> str:
    """The group of a backbone's variable, by its path inside the backbone.

    Example:
        >>> elmo_group("bilm/backward_1/kernel")
        'bilm_2'
    """
    for name, pattern in _ELMO:
        if found := re.fullmatch(pattern, path):
            return name.format(*(int(layer) + 1 for layer in found.groupdict().values()))
    return HEAD
