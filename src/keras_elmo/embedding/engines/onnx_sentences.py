"""Whole sentences in ONNX graphs: from the vectors of their words to all layers of ELMo."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.embedding.engines.onnx_graph import (
    INT64_MAX,
    Arrays,
    Graph,
    direction_layers,
    word_vectors,
)

with needs_extra("onnx", "graphs of ONNX need the package onnx"):
    from onnx import TensorProto


class SentenceGraph(Graph):
    """Steps of padded sentences, time first."""

    def words_and_boundaries(
        self, config: Mapping[str, Any], arrays: Arrays, ids: str, marks: np.ndarray
    ) -> tuple[str, str, str]:
        """Vectors of the words `(tokens, batch, P)`, and of `<S>` and `</S>` `(P,)`."""
        shape = self("Shape", ids)  # (batch, tokens) or (batch, tokens, characters)
        rest = self("Slice", shape, self.integers(2), self.integers(INT64_MAX))
        flat = self("Concat", self.integers(-1), rest, axis=0)
        together = self("Concat", self.constant(marks), self("Reshape", ids, flat), axis=0)
        vectors = word_vectors(self, config, arrays, together)  # (2 + batch * tokens, P)
        bos, eos = (self("Gather", vectors, self.constant(np.int64(row))) for row in (0, 1))
        own = self("Slice", vectors, self.integers(2), self.integers(INT64_MAX))
        two = self("Slice", shape, self.integers(0), self.integers(2))
        sized = self("Concat", two, self.integers(config["projection_dim"]), axis=0)
        return self("Transpose", self("Reshape", own, sized), perm=[1, 0, 2]), bos, eos

    def elmo_layers(
        self,
        config: Mapping[str, Any],
        arrays: Arrays,
        words: str,
        boundaries: tuple[str, str],
        lengths: str,
    ) -> list[str]:
        """All layers of ELMo, each float `(tokens, batch, 2P)`; once in a graph.

        Args:
            config, arrays: see `words_model`.
            words: their vectors, float `(tokens, batch, P)`.
            boundaries: those of `<S>` and `</S>`, float `(P,)`.
            lengths: what `lengths` gave.
        """
        bos, eos = boundaries
        backwards = self.reversed(words, lengths)
        read = [self.behind(bos, words), self.behind(eos, backwards)]  # (1 + tokens, batch, P)
        count = 2 * config["num_layers"]
        self.zero_states(config["projection_dim"], config["units"], count, read[0])
        forward, backward = (
            [self.without_first(y) for y in direction_layers(self, config, arrays, d, x)]
            for d, x in enumerate(read)
        )
        layers = [(words, words)]
        layers += [(y, self.reversed(z, lengths)) for y, z in zip(forward, backward, strict=True)]
        return [self("Concat", *pair, axis=2) for pair in layers]

    def lengths(self, mask: str) -> str:
        """Tokens of each sentence, int64 `(batch,)`, of the name of a mask `(batch, tokens)`."""
        mask = self("Cast", mask, to=TensorProto.INT64)
        return self("ReduceSum", mask, self.integers(1), keepdims=0)

    def reversed(self, x: str, lengths: str) -> str:
        """Each sentence from its last token to its first; padding stays where it is."""
        return self("ReverseSequence", x, lengths, time_axis=0, batch_axis=1)

    def behind(self, first: str, x: str) -> str:
        """A step in front of all, the same in every row."""
        row = self("Slice", self("Shape", x), self.integers(1), self.integers(INT64_MAX))
        one = self("Concat", self.integers(1), row, axis=0)
        return self("Concat", self("Expand", first, one), x, axis=0)

    def without_first(self, x: str) -> str:
        return self("Slice", x, self.integers(1), self.integers(INT64_MAX))

    def zero_states(self, size: int, units: int, layers: int, x: str) -> None:
        """The values that `direction_layers` reads, where every row begins from zero."""
        shape = self("Shape", x)
        steps_and_rows = self("Slice", shape, self.integers(0), self.integers(2))
        each = self("Concat", steps_and_rows, self.integers(1), axis=0)
        self("Expand", self.constant(np.array(False)), each, name="begins")
        rows = self("Slice", shape, self.integers(1), self.integers(2))
        zero = self.constant(np.float32(0))
        for i in range(2 * layers):
            columns = self.integers((size, units)[i % 2])
            self("Expand", zero, self("Concat", rows, columns, axis=0), name=f"state_{i}")
            one_row = self("Concat", self.integers(1), columns, axis=0)
            self("Expand", zero, one_row, name=f"start_{i}")
