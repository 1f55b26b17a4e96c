"""Attention between two texts, and of a text to itself, as nodes of an ONNX graph.

Here the batch comes first, and masks are bool `(batch, steps)`. What is computed stands in the
layers of the same names, `keras_elmo/layers/attention_flow.py`.
"""

from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.embedding.engines.onnx_graph import INT64_MAX, Graph
from keras_elmo.export.layers import masked_softmax, weight
from keras_elmo.layers.masking import MASKED

with needs_extra("onnx", "an export to ONNX needs the package onnx"):
    from onnx import TensorProto


def cross_attention(graph: Graph, x: str, y: str, mask: str, other_mask: str) -> str:
    """What `CrossAttention` gives, float `(batch, time, 4 features)`."""
    scores = graph("MatMul", x, _transposed(graph, y))  # (batch, time, steps)
    steps = expanded(graph, other_mask, 1)
    attended = graph("MatMul", masked_softmax(graph, scores, steps, axis=2), y)
    difference, product = graph("Sub", x, attended), graph("Mul", x, attended)
    both = graph("Concat", x, attended, difference, product, axis=-1)
    return zero_where_masked(graph, both, mask)


def attention_flow(
    graph: Graph, layer: Any, passage: str, question: str, mask: str, question_mask: str
) -> str:
    """What `AttentionFlow` gives, float `(batch, time, 4 features)`."""
    scores = _trilinear(graph, layer.similarity, passage, question)
    words = expanded(graph, question_mask, 1)  # (batch, 1, words)
    told = graph("MatMul", masked_softmax(graph, scores, words, axis=2), question)
    best = graph("ReduceMax", masked(graph, scores, words), graph.integers(2), keepdims=0)
    weights = expanded(graph, masked_softmax(graph, best, mask, axis=1), 1)  # (batch, 1, time)
    summary = graph("MatMul", weights, passage)  # (batch, 1, features)
    products = [graph("Mul", passage, other) for other in (told, summary)]
    return zero_where_masked(graph, graph("Concat", passage, told, *products, axis=-1), mask)


def self_attention(graph: Graph, layer: Any, x: str, mask: str) -> str:
    """What `SelfAttention` gives, float `(batch, time, 3 features)`."""
    scores = _trilinear(graph, layer.similarity, x, x)
    steps = steps_of(graph, mask)
    same = graph("Equal", expanded(graph, steps, 1), expanded(graph, steps, 0))  # (time, time)
    seen = graph("And", graph("Not", same), expanded(graph, mask, 1))
    told = graph("MatMul", masked_softmax(graph, scores, seen, axis=2), x)
    both = graph("Concat", x, told, graph("Mul", x, told), axis=-1)
    return zero_where_masked(graph, both, mask)


def masked(graph: Graph, scores: str, real: str) -> str:
    """Scores, with `MASKED` for what is not real."""
    return graph("Where", real, scores, graph.constant(np.float32(MASKED)))


def zero_where_masked(graph: Graph, x: str, mask: str) -> str:
    """Features, zero at masked steps."""
    return graph("Mul", x, expanded(graph, graph("Cast", mask, to=TensorProto.FLOAT), 2))


def expanded(graph: Graph, x: str, *axes: int) -> str:
    """With new axes of one element."""
    return graph("Unsqueeze", x, graph.integers(*axes))


def steps_of(graph: Graph, x: str, axis: int = 1) -> str:
    """The numbers 0, 1, … of an axis, int64."""
    size = graph("Gather", graph("Shape", x), graph.constant(np.int64(axis)))
    return graph("Range", graph.constant(np.int64(0)), size, graph.constant(np.int64(1)))


def part_of(graph: Graph, x: str, axis: int, start: int, end: int = INT64_MAX) -> str:
    """`x[start:end]` along an axis."""
    return graph("Slice", x, *(graph.integers(number) for number in (start, end, axis)))


def _trilinear(graph: Graph, layer: Any, x: str, y: str) -> str:
    """What `Trilinear` gives, float `(batch, time, steps)`."""
    of_x, of_y = (graph.constant(weight(part)[:, None]) for part in (layer.of_x, layer.of_y))
    scaled = graph("Mul", x, graph.constant(weight(layer.of_both)))
    both = graph("MatMul", scaled, _transposed(graph, y))
    both = graph("Add", both, graph("MatMul", x, of_x))
    return graph("Add", both, _transposed(graph, graph("MatMul", y, of_y)))


def _transposed(graph: Graph, x: str) -> str:
    return graph("Transpose", x, perm=[0, 2, 1])
