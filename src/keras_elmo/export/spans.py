"""Scores of spans as nodes of an ONNX graph: what the layer `SpanScores` computes."""

from typing import Any

import numpy as np

from keras_elmo.embedding.engines.onnx_graph import Graph
from keras_elmo.export.attention import expanded, masked, part_of, steps_of
from keras_elmo.export.layers import dense
from keras_elmo.layers.masking import MASKED


def span_scores(
    graph: Graph, layer: Any, texts: tuple[str, str, str], question: str, mask: str
) -> str:
    """What `SpanScores` gives, float `(batch, 1 + time, 2)`.

    Args:
        graph: takes the nodes.
        layer: a built one.
        texts: starts, ends and passage, float `(batch, time, features)` each.
        question: float `(batch, features)`.
        mask: bool `(batch, time)`.
    """
    starts, ends, passage = texts
    start, end, inside = (
        dense(graph, x, part)
        for x, part in ((starts, layer.start), (ends, layer.end), (ends, layer.inside))
    )
    sums = graph("CumSum", inside, graph.constant(np.int64(1)))
    start, end = graph("Sub", start, graph("Sub", sums, inside)), graph("Add", end, sums)
    real = expanded(graph, mask, 2)  # (batch, time, 1)
    both = masked(graph, graph("Concat", start, end, axis=-1), real)  # (batch, time, 2)
    weights = _span_weights(graph, both)
    parts = [_mean(graph, x, weight) for x, weight in zip(texts, weights, strict=True)]
    highest = graph("ReduceMax", masked(graph, passage, real), graph.integers(1), keepdims=0)
    x = graph("Concat", *parts, highest, question, axis=-1)
    hidden = dense(graph, x, layer.hidden, "relu")
    none = expanded(graph, dense(graph, hidden, layer.none), 2)  # (batch, 1, 1)
    zero = graph("Mul", none, graph.constant(np.float32(0.0)))
    return graph("Concat", graph("Concat", none, zero, axis=-1), both, axis=1)


def _span_weights(graph: Graph, both: str) -> list[str]:
    """What `span_weights` gives: three float `(batch, time)`."""
    start, end = part_of(graph, both, 2, 0, 1), part_of(graph, both, 2, 1, 2)
    scores = graph("Add", start, graph("Transpose", end, perm=[0, 2, 1]))  # (batch, time, time)
    steps = steps_of(graph, both)
    forwards = graph("LessOrEqual", expanded(graph, steps, 1), expanded(graph, steps, 0))
    scores = graph("Where", forwards, scores, graph.constant(np.float32(2.0 * MASKED)))
    flat = graph("Reshape", scores, graph.integers(0, -1))
    shares = graph("Reshape", graph("Softmax", flat, axis=-1), graph("Shape", scores))
    first = graph("ReduceSum", shares, graph.integers(2), keepdims=0)
    last = graph("ReduceSum", shares, graph.integers(1), keepdims=0)
    begun, ended = (graph("CumSum", x, graph.constant(np.int64(1))) for x in (first, last))
    return [first, last, graph("Add", graph("Sub", begun, ended), last)]


def _mean(graph: Graph, x: str, weights: str) -> str:
    """The weighted mean over time, float `(batch, features)`."""
    total = graph("ReduceSum", weights, graph.integers(1), keepdims=1)
    share = expanded(graph, graph("Div", weights, total), 1)
    return graph("Squeeze", graph("MatMul", share, x), graph.integers(1))
