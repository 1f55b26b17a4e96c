"""The arithmetic that embedding a text needs, whatever a program computes besides.

An addition and a multiplication are two operations; only the matrix products and the convolutions
count. For a token: in each direction and layer the input's and the state's share of the four gates
and the projection. For a word type, once: the filters at each byte of the word and its two marks,
the highways and the projection. Nothing counts for padding, for sentence boundaries, and for a word
computed twice: a program that does it has a lower share of the machine's rate.
"""

from collections.abc import Iterable, Mapping
from typing import Any


def operations_of_token(config: Mapping[str, Any]) -> int:
    """Of the biLM.

    Args:
        config: `ElmoBackbone`'s configuration.
    """
    size, units = config["projection_dim"], config["units"]
    gates = 2 * (size + size) * 4 * units
    projection = 2 * units * size
    return 2 * config["num_layers"] * (gates + projection)


def operations_of_word(config: Mapping[str, Any], word: str) -> int:
    """Of the character CNN."""
    length = min(len(word.encode()) + 2, config["max_characters_per_token"])
    filters = config["char_filters"]
    total = sum(count for _, count in filters)
    convolutions = 2 * length * config["char_embedding_dim"] * sum(w * n for w, n in filters)
    highways = config["num_highways"] * 2 * total * 2 * total
    return convolutions + highways + 2 * total * config["projection_dim"]


def operations_of_text(
    config: Mapping[str, Any], sentences: Iterable[Iterable[str]], *, words: bool = True
) -> int:
    """Of all sentences.

    Args:
        words: whether the words' vectors are to be computed; else they are known.
    """
    tokens = [token for sentence in sentences for token in sentence]
    operations = len(tokens) * operations_of_token(config)
    if words:
        operations += sum(operations_of_word(config, word) for word in set(tokens))
    return operations
