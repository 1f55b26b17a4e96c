"""Words read letter by letter as nodes of an ONNX graph: what the layer `SpelledWords` computes."""

from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.embedding.engines.onnx_graph import Graph
from keras_elmo.export.attention import expanded, steps_of
from keras_elmo.export.layers import weight

with needs_extra("onnx", "an export to ONNX needs the package onnx"):
    from onnx import TensorProto


def spelled_words(graph: Graph, layer: Any, words: str, characters: str, places: str) -> str:
    """What `SpelledWords` gives, float `(batch, characters, embedding_dim + features)`.

    Args:
        graph: takes the nodes.
        layer: a built one.
        words: float `(batch, tokens, features)`.
        characters, places: int64 `(batch, characters)`.
    """
    numbers = graph("Add", steps_of(graph, words), graph.constant(np.int64(1)))
    stands = graph("Equal", expanded(graph, places, 2), numbers)  # (batch, characters, tokens)
    own = graph("Gather", graph.constant(weight(layer.table.embeddings)), characters)
    of_word = graph("MatMul", graph("Cast", stands, to=TensorProto.FLOAT), words)
    return graph("Concat", own, of_word, axis=-1)
