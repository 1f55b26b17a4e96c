"""An ELMo as its files give it, whatever their format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class ScalarMixWeights:
    """A learned mix of layers: γ · Σ softmax(weights)ₗ · hₗ.

    Attributes:
        gamma: γ.
        weights: one a layer, before the softmax.
    """

    gamma: float
    weights: tuple[float, ...]


@dataclass(frozen=True)
class PublishedElmo:
    """What the files of an ELMo hold.

    Attributes:
        format: what they are, in a few words.
        config: constructor arguments of `ElmoBackbone`.
        variables: variable path → float32 array, read when it is asked for.
        words: the vocabulary of a model that reads words, where it lies beside the weights.
        mixes: learned mixes of layers, where the ELMo was trained with a task.
        characters: of a model with other characters than bytes, in the order of their ids.
        ignored: names of arrays that are no part of the ELMo.
    """

    format: str
    config: dict[str, Any]
    variables: Mapping[str, np.ndarray]
    words: Sequence[str] | None = None
    mixes: Sequence[ScalarMixWeights] = ()
    ignored: Sequence[str] = ()
    characters: Sequence[str] | None = None
