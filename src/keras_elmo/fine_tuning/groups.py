"""Layer groups: the parts of a model that get their own learning rate, or are frozen alone.

They go by the paths of variables, whatever models stand around them: `word_layer` (the character
CNN, or the table of words), `bilm_1`, `bilm_2`, … (each both directions), `bilm_projection` (of
ELMoForManyLangs's other encoder), `mix`, `word_vectors` (beside ELMo) and `head`, all the rest.
"""

import re
from collections.abc import Iterable

HEAD = "head"
WORD_VECTORS = "word_vectors"
_ELMO = (  # name → what a whole path of a variable matches; {0} is the layer
    ("word_layer", r"(.*/)?(char_cnn|word_embedding|word_projection)/.*"),
    ("bilm_{0}", r"(.*/)?bilm/(forward|backward|layer)_(?P<layer>\d+)/.*"),
    ("bilm_projection", r"(.*/)?bilm/projection/.*"),
)
_OTHERS = (
    ("mix", r"(.*/)?(elmo_mix|output_mix)(_\d+)?/.*"),
    (WORD_VECTORS, r"(.*/)?word_vectors/.*"),
)


def group_of(path: str) -> str:
    """The group of the variable with this path.

    Example:
        >>> group_of("elmo/bilm/backward_1/kernel"), group_of("bilstm_0/forward_kernel")
        ('bilm_2', 'head')
    """
    for name, pattern in (*_ELMO, *_OTHERS):
        if found := re.fullmatch(pattern, path):
            return name.format(int(found["layer"]) + 1) if "{0}" in name else name
    return HEAD


def groups_of(paths: Iterable[str]) -> list[str]:
    """The groups that there are among some variables, from the inputs to the head."""
    return sorted({group_of(path) for path in paths}, key=_place)


def is_elmo(group: str) -> bool:
    """Whether a group is a part of ELMo."""
    return group == "word_layer" or group.startswith("bilm_")


def pattern_of(group: str) -> str:
    """The regular expression that the whole paths of a group's variables match (not the head's)."""
    for name, pattern in (*_ELMO, *_OTHERS):
        if name == group:
            return pattern
    layer = int(group.removeprefix("bilm_")) - 1
    return dict(_ELMO)["bilm_{0}"].replace(r"(?P<layer>\d+)", str(layer))


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
    order = ("word_layer", "bilm_", "bilm_projection", "mix", WORD_VECTORS, HEAD)
    if found := re.fullmatch(r"bilm_(\d+)", group):
        return 1, int(found[1])
    return order.index(group), 0
