"""The graph of a task: its inputs, and ELMo on each of its texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.embedding.engines.engine import check_encoder
from keras_elmo.embedding.engines.onnx_graph import Arrays
from keras_elmo.embedding.engines.onnx_sentences import SentenceGraph

with needs_extra("onnx", "an export to ONNX needs the package onnx"):
    from onnx import ModelProto, TensorProto, ValueInfoProto, helper


@dataclass(frozen=True)
class Elmo:
    """An ELMo as it is written into graphs.

    Attributes:
        config: of its backbone.
        arrays: the backbone's weights by path.
        boundaries: vectors of `<S>` and `</S>`, float32 `(2, P)`.
    """

    config: Mapping[str, Any]
    arrays: Arrays
    boundaries: np.ndarray


@dataclass(frozen=True)
class Text:
    """Values of a text in a graph; time comes first.

    Attributes:
        layers: all layers of ELMo, each float `(tokens, batch, 2P)`.
        lengths: tokens of each row, int32 `(batch,)`.
        real: bool `(tokens, batch, 1)`, True at real tokens.
        rows: where it is some rows of another one, their numbers and the tokens of the longest.
    """

    layers: list[str]
    lengths: str
    real: str
    rows: tuple[str, str] | None = None


class TaskGraph(SentenceGraph):
    """Collects the nodes of a task, and the inputs that they read.

    Args:
        elmo: the ELMo of the task.
        precision: of ELMo; the layers above it are float32 in any case.
    """

    def __init__(self, elmo: Elmo, precision: str = "float32") -> None:
        check_encoder(elmo.config)
        super().__init__(precision)
        self._elmo = elmo
        self._inputs: dict[str, ValueInfoProto] = {}
        self._known: dict[bytes, str] = {}

    def constant(self, array: Any) -> str:
        """As `Graph`'s; equal ones, such as those of both texts of a pair, stand there once."""
        array = np.asarray(array)
        key = sha256(f"{array.dtype} {array.shape} ".encode() + array.tobytes()).digest()
        if key not in self._known:
            self._known[key] = super().constant(array)
        return self._known[key]

    def text(self) -> Text:
        """All texts of a batch, once in a graph.

        Its inputs are `word_vectors` float32 `(batch, tokens, P)` and `padding_mask`. Layers at
        padding are 0, as `ElmoBackbone` gives them.
        """
        size = self._elmo.config["projection_dim"]
        vectors = self.input("word_vectors", TensorProto.FLOAT, size)
        mask = self.input("padding_mask", TensorProto.BOOL)
        lengths = self.lengths(mask)
        words = self("Transpose", vectors, perm=[1, 0, 2])  # (tokens, batch, P)
        boundaries = [self.constant(vector) for vector in self._elmo.boundaries]
        config, arrays = self._elmo.config, self._elmo.arrays
        layers = self.elmo_layers(config, arrays, words, (boundaries[0], boundaries[1]), lengths)
        real = self("Unsqueeze", self("Transpose", mask, perm=[1, 0]), self.integers(2))
        zero = self.constant(np.float32(0))
        layers = [self("Where", real, layer, zero) for layer in layers]
        short = self("Cast", lengths, to=TensorProto.INT32)
        return Text(layers, short, real)

    def rows(self, text: Text, name: str) -> Text:
        """Some rows of a text, as long as the longest of them, by an input of numbers.

        Args:
            text: of all rows, each distinct text once.
            name: of the input, int64 `(pairs,)`.
        """
        self._inputs[name] = helper.make_tensor_value_info(name, TensorProto.INT64, ["pairs"])
        lengths = self("Gather", text.lengths, name)
        longest = self("Cast", self("ReduceMax", lengths, keepdims=1), to=TensorProto.INT64)
        rows = name, longest
        layers = [self._of_rows(layer, rows) for layer in text.layers]
        return Text(layers, lengths, self._of_rows(text.real, rows), rows)

    def _of_rows(self, x: str, rows: tuple[str, str]) -> str:
        numbers, longest = rows
        zero = self.integers(0)
        return self("Slice", self("Gather", x, numbers, axis=1), zero, longest, zero)

    def input(self, name: str, kind: int, *features: int) -> str:
        """An input `(batch, tokens, …)`, made where it is first asked for."""
        shape = ["batch", None, *features]
        if name not in self._inputs:
            self._inputs[name] = helper.make_tensor_value_info(name, kind, shape)
        return name

    def ids(self, text: Text, name: str) -> str:
        """An input of ids of a text as int32 `(tokens, batch)`."""
        ids = self("Transpose", self.input(name, TensorProto.INT32), perm=[1, 0])
        return self._of_rows(ids, text.rows) if text.rows else ids

    def finished(self, outputs: Mapping[str, str]) -> ModelProto:
        """The model with these values as outputs, float32, by name."""
        for name, value in outputs.items():
            self("Identity", value, name=name)
        infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        return self.model(list(self._inputs.values()), infos)
