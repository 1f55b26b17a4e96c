"""The contract of all engines, which compute a frozen ELMo's numbers in NumPy arrays."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, get_args

import numpy as np

from keras_elmo import _values
from keras_elmo._values import EnginePrecision
from keras_elmo.weights.shapes import DIRECTIONS

ENGINES, PRECISIONS = get_args(_values.Engine), get_args(EnginePrecision)

# Of each direction and layer, in this order: h `(rows, projection_dim)`, c `(rows, units)`.
State = Sequence[np.ndarray]


@dataclass(frozen=True)
class Block:
    """Some steps of many sentences, one after another in every row.

    Attributes:
        words: float32 `(2, steps, rows, projection_dim)`: what the forward direction reads, and
            what the backward direction reads, each in its own order.
        begins: bool `(steps, rows)`, True where a sentence begins.
    """

    words: np.ndarray
    begins: np.ndarray


class Engine(Protocol):
    """Word vectors and the biLM of one frozen ELMo.

    Attributes:
        config: `ElmoBackbone`'s configuration.
        static_shapes: whether every shape of its inputs costs a compilation.
    """

    @property
    def config(self) -> Mapping[str, Any]: ...
    @property
    def static_shapes(self) -> bool: ...

    def word_vectors(self, ids: np.ndarray) -> np.ndarray:
        """Layer 0 of some words: int32 `(words, characters)` or `(words,)` → `(words, P)`."""
        ...

    def advance(
        self, block: Block, state: State, start: State
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Run the biLM over a block.

        Args:
            block: the steps to read.
            state: the state at the end of the block before it.
            start: the state before the first step of a sentence, one row.

        Returns:
            For each direction and layer the output float32 `(steps, rows, projection_dim)`, and the
            state after the block.
        """
        ...

    def words_version(self) -> str:
        """Name the engine, its precision and a checksum of the weights behind `word_vectors`."""
        ...


def check_encoder(config: Mapping[str, Any]) -> None:
    """Refuse what neither an engine nor an ONNX graph can run.

    Raises:
        ValueError: the encoder is no biLM.
    """
    if config.get("encoder", "bilm") != "bilm":
        raise ValueError(
            "embedders and ONNX graphs run the two directions of a biLM, each on its own. "
            f"Received: an ELMo with the encoder {config['encoder']!r}, whose directions read each "
            "other. Use `ElmoBackbone.from_preset` and `ElmoPreprocessor.from_preset`."
        )


def named_inputs(block: Block, state: State, start: State) -> dict[str, np.ndarray]:
    """The arguments of `Engine.advance` under the names of the inputs of both engines' graphs."""
    named = {"begins": block.begins[:, :, None]}
    named |= dict(zip(DIRECTIONS, block.words, strict=True))
    named |= {f"state_{i}": part for i, part in enumerate(state)}
    return named | {f"start_{i}": part for i, part in enumerate(start)}


def checksum(arrays: Iterable[np.ndarray]) -> str:
    """The CRC-32 of some arrays, one after another."""
    total = 0
    for array in arrays:
        total = zlib.crc32(np.ascontiguousarray(array).data, total)
    return f"{total:08x}"


def zero_state(config: Mapping[str, Any], rows: int) -> list[np.ndarray]:
    """The state before anything was read."""
    sizes = (config["projection_dim"], config["units"]) * (2 * config["num_layers"])
    return [np.zeros((rows, size), np.float32) for size in sizes]
