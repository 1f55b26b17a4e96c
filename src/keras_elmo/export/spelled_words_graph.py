"""Words read letter by letter as nodes of an ONNX graph: what the layer `SpelledWords` computes."""

import numpy as np

from keras_elmo.embedding.engines.onnx_graph import Arrays, Graph, TensorProto
from keras_elmo.export.attention_graphs import expanded, steps_of


def spelled_words(
    graph: Graph, arrays: Arrays, path: str, words: str, characters: str, places: str
) -> str:
    """What `SpelledWords` gives, float `(batch, characters, embedding_dim + features)`.

    Args:
        graph: takes the nodes.
        arrays: weights by path.
        path: of the layer.
        words: float `(batch, tokens, features)`.
        characters, places: int64 `(batch, characters)`.
    """
    numbers = graph("Add", steps_of(graph, words), graph.constant(np.int64(1)))
    stands = graph("Equal", expanded(graph, places, 2), numbers)  # (batch, characters, tokens)
    own = graph("Gather", graph.constant(arrays[f"{path}/characters/embeddings"]), characters)
    of_word = graph("MatMul", graph("Cast", stands, to=TensorProto.FLOAT), words)
    return graph("Concat", own, of_word, axis=-1)
