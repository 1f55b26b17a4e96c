"""The learned mix of layers that some published ELMos bring with them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ScalarMixWeights:
    """A learned mix of layers: γ · Σ softmax(weights)ₗ · hₗ.

    Attributes:
        gamma: γ.
        weights: one a layer, before the softmax.
    """

    gamma: float
    weights: tuple[float, ...]
