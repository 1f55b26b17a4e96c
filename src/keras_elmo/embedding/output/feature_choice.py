"""What is kept of ELMo's features: which layers, how they are mixed and pooled, which numbers."""

from dataclasses import dataclass
from typing import get_args

import numpy as np

from keras_elmo._values import FeaturePooling, NumberType, check_one_of

MIXES = ("none", "mean", "concat")
POOLS, DTYPES = get_args(FeaturePooling), get_args(NumberType)


@dataclass(frozen=True)
class FeatureChoice:
    r"""Which features of a sentence are kept.

    The layers are mixed first: not at all, by their mean, end to end (lowest layer first), or by
    a weighted sum $\sum_j w_j h_j$ with the weights as they are given, without a softmax. Then the
    tokens may be pooled. The axis of the layers is there only if several are left.

    Args:
        layers: `"all"`, `"top"`, or numbers such as `"0,2"`; layer 0 is the word layer.
        mix: `"none"`, `"mean"`, `"concat"`, or a weight for each of the layers,
            such as `"0.2,0.3,0.5"`.
        pool: `"none"`, `"mean"` or `"max"` over the tokens of a sentence.
        dtype: `"float32"` or `"float16"`, of what is kept; it is computed in float32.

    Raises:
        ValueError: something else.

    Example:
        >>> FeatureChoice("all", mix="mean").of(np.ones((4, 3, 256))).shape
        (4, 256)
    """

    layers: str = "all"
    mix: str = "none"
    pool: str = "none"
    dtype: str = "float32"

    def __post_init__(self):
        check_one_of("pool", self.pool, POOLS)
        check_one_of("dtype", self.dtype, DTYPES)
        if self.mix == "average":  # what earlier versions called it
            object.__setattr__(self, "mix", "mean")
        self._weights()

    @property
    def pooled(self) -> bool:
        """Whether a sentence is one vector."""
        return self.pool != "none"

    @property
    def number_type(self) -> np.dtype:
        """The type of what is kept: little-endian on every machine, as in files."""
        return np.dtype(self.dtype).newbyteorder("<")

    def check(self, num_layers: int) -> list[int]:
        """Numbers of the chosen layers of an ELMo with so many LSTM layers.

        Raises:
            ValueError: there is no such layer, or not one weight for each of them.
        """
        layers = choose_layers(self.layers, num_layers)
        weights = self._weights()
        if weights and len(weights) != len(layers):
            raise ValueError(
                f"`mix` needs a weight for each of the {len(layers)} chosen layers "
                f"{', '.join(map(str, layers))}. Received: {self.mix!r}"
            )
        return layers

    def of(self, features: np.ndarray) -> np.ndarray:
        """The kept features of a sentence.

        Args:
            features: float32 `(tokens, all layers, 2P)`, one token at least.

        Returns:
            `(tokens, layers, 2P)`, without its first axis if pooled, without its second if one
            layer is chosen or the layers are mixed.
        """
        chosen = features[:, self.check(features.shape[1] - 1)]  # (tokens, layers, 2P)
        mixed = self._mix(chosen)
        if self.pool == "mean":
            mixed = mixed.mean(axis=0, dtype=np.float64)  # the same for short and long sentences
        elif self.pool == "max":
            mixed = mixed.max(axis=0)
        return np.ascontiguousarray(mixed, dtype=self.number_type)

    def _mix(self, chosen: np.ndarray) -> np.ndarray:
        if self.mix == "mean":
            return chosen.mean(axis=1)  # (tokens, 2P)
        if self.mix == "concat":
            return chosen.reshape(len(chosen), -1)  # (tokens, layers × 2P)
        if weights := self._weights():
            return np.einsum("tld,l->td", chosen, np.array(weights, chosen.dtype))
        return chosen[:, 0] if chosen.shape[1] == 1 else chosen

    def _weights(self) -> list[float]:
        if self.mix in MIXES:
            return []
        try:
            weights = [float(weight) for weight in self.mix.split(",")]
        except ValueError:
            weights = [float("nan")]
        if not np.isfinite(weights).all():
            raise ValueError(
                "`mix` must be 'none', 'mean', 'concat' or a weight for each layer, such as "
                f"'0.2,0.3,0.5'. Received: {self.mix!r}"
            )
        return weights


def choose_layers(choice: str, num_layers: int) -> list[int]:
    """Numbers of the layers that a choice names.

    Args:
        choice: `"all"`, `"top"`, or numbers such as `"0,2"`; layer 0 is the word layer.
        num_layers: LSTM layers, so that the highest number is `num_layers`.

    Raises:
        ValueError: something else.

    Example:
        >>> choose_layers("top", 2)
        [2]
    """
    if choice in ("all", "top"):
        return list(range(num_layers + 1)) if choice == "all" else [num_layers]
    try:
        layers = [int(number) for number in choice.split(",")]
    except ValueError:
        layers = [-1]
    if any(not 0 <= layer <= num_layers for layer in layers):
        raise ValueError(
            f"`layers` must be 'all', 'top' or numbers from 0 to {num_layers}, such as "
            f"'0,{num_layers}'. Received: {choice!r}"
        )
    return layers
