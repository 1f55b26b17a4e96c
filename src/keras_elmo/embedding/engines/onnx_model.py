"""A whole ELMo as one ONNX model: ids of a batch of sentences in, all layers of every token out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.elmo.backbone_config import BackboneConfig
from keras_elmo.elmo.config import take_config
from keras_elmo.embedding.engines.engine import check_encoder
from keras_elmo.embedding.engines.onnx_graph import (
    INT64_MAX,
    Arrays,
    Graph,
    direction_layers,
    float_value,
    word_vectors,
)
from keras_elmo.files.new_file import new_file
from keras_elmo.weights.sources.published import PublishedElmo

with needs_extra("onnx", "ONNX models need the package onnx"):
    from onnx import ModelProto, TensorProto, helper, save_model


def save_onnx(elmo: PublishedElmo, path: Path) -> None:
    """Write an ELMo as the ONNX model of `elmo_model`, with the meaning of its ids as metadata.

    Raises:
        FileExistsError: there is something of that name.
        ValueError: its encoder is no biLM.
    """
    model = elmo_model(elmo.config, elmo.variables)
    about = {"config": elmo.config, "words": elmo.words, "characters": elmo.characters}
    metadata = {name: json.dumps(value, ensure_ascii=False) for name, value in about.items()}
    helper.set_model_props(model, metadata)
    with new_file(path) as unfinished:
        save_model(model, unfinished)


def elmo_model(config: Mapping[str, Any], arrays: Arrays) -> ModelProto:
    """What `ElmoBackbone` computes, in float32: every sentence from zero, without boundaries.

    Returns:
        A graph of character_ids int32 `(batch, tokens, characters)`, or token_ids int32 `(batch,
        tokens)`, and padding_mask bool `(batch, tokens)` → features float32 `(batch, tokens,
        layers + 1, 2P)`, zero where padded.

    Raises:
        ValueError: the encoder is no biLM.
    """
    check_encoder(config)
    graph, sizes = _Sentences("float32"), take_config(BackboneConfig, {**config})
    size, count = sizes.projection_dim, sizes.num_layers
    ids = "token_ids" if sizes.reads_words_alone else "character_ids"
    shape = ["batch", "tokens", *sizes.id_shape[1:]]
    marks = np.array(sizes.boundary_ids(), np.int32)
    words, bos, eos = graph.words_and_boundaries(config, arrays, ids, marks)  # (tokens, batch, P)
    lengths = graph.lengths()
    backwards = graph.reversed(words, lengths)
    read = [graph.behind(bos, words), graph.behind(eos, backwards)]  # (1 + tokens, batch, P)
    graph.zero_states(size, sizes.units, 2 * count, read[0])
    forward, backward = (
        [graph.without_first(y) for y in direction_layers(graph, config, arrays, d, x)]
        for d, x in enumerate(read)
    )
    layers = [(words, words)]
    layers += [(y, graph.reversed(z, lengths)) for y, z in zip(forward, backward, strict=True)]
    axis = graph.integers(2)
    joined = [graph("Unsqueeze", graph("Concat", *pair, axis=2), axis) for pair in layers]
    features = graph("Transpose", graph("Concat", *joined, axis=2), perm=[1, 0, 2, 3])
    real = graph("Unsqueeze", "padding_mask", graph.integers(2, 3))
    graph("Where", real, features, graph.constant(np.float32(0)), name="features")
    inputs = [
        helper.make_tensor_value_info(ids, TensorProto.INT32, shape),
        helper.make_tensor_value_info("padding_mask", TensorProto.BOOL, shape[:2]),
    ]
    return graph.model(inputs, [float_value("features", "batch", "tokens", count + 1, 2 * size)])


class _Sentences(Graph):
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

    def lengths(self) -> str:
        """Tokens of each sentence, int64 `(batch,)`."""
        mask = self("Cast", "padding_mask", to=TensorProto.INT64)
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
