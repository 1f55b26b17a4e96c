"""What stands above ELMo as nodes of a graph, one function a layer; see `layers/` for equations.

Each takes a Keras layer, whose weights become constants. Time comes first: `(tokens, batch, …)`.
"""

from typing import Any

import numpy as np

from keras_elmo.embedding.engines.onnx_graph import Graph
from keras_elmo.export.task_graph import TaskGraph, Text

_MASKED = np.float32(-1e9)  # as in `layers/masking.py`
_ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}


def weight(variable: Any) -> np.ndarray:
    """The value of a Keras variable, float32."""
    return np.asarray(variable.numpy() if hasattr(variable, "numpy") else variable, np.float32)


def dense(graph: Graph, x: str, layer: Any, activation: str = "linear") -> str:
    """A Dense layer on the last axis."""
    y = graph("MatMul", x, graph.constant(weight(layer.kernel)))
    if layer.use_bias:
        y = graph("Add", y, graph.constant(weight(layer.bias)))
    if activation == "softmax":
        return graph("Softmax", y, axis=-1)
    return y if activation == "linear" else graph(_ACTIVATIONS[activation], y)


def bilstm(graph: TaskGraph, x: str, text: Text, layer: Any) -> str:
    """A BiLSTM, float `(tokens, batch, 2 units)`, 0 where padded."""
    kernels, recurrent, biases = [], [], []
    for kernel, recurrent_kernel, bias in layer.directions:
        kernels.append(_gates(weight(kernel)).T)
        recurrent.append(_gates(weight(recurrent_kernel)).T)
        own = _gates(weight(bias)[None])[0]
        biases.append(np.concatenate([own, np.zeros_like(own)]))
    constants = [graph.constant(np.stack(part)) for part in (kernels, recurrent, biases)]
    y = graph(
        "LSTM", x, *constants, text.lengths, hidden_size=layer.units, direction="bidirectional"
    )  # (tokens, 2, batch, units)
    y = graph("Transpose", y, perm=[0, 2, 1, 3])
    y = graph("Reshape", y, graph.integers(0, 0, 2 * layer.units))
    return graph("Where", text.real, y, graph.constant(np.float32(0)))


def _gates(kernel: np.ndarray) -> np.ndarray:
    """From Keras's order of gates, i f c o, to ONNX's, i o f c."""
    i, f, c, o = np.split(kernel, 4, axis=-1)
    return np.concatenate([i, o, f, c], axis=-1)


def mix(graph: TaskGraph, text: Text, layer: Any) -> str:
    """A `LayerMix` of ELMo's layers."""
    layers = text.layers
    if layer.mix == "concat":
        return graph("Concat", *layers, axis=2) if len(layers) > 1 else layers[0]
    if layer.mix == "mean":
        return graph("Mean", *layers)
    if layer.mix != "scalar":
        return layers[-1 if layer.mix == "top" else layer.mix]
    scalars = weight(layer.scalar_mix.scalars)
    shares = np.exp(scalars - scalars.max())
    shares = (weight(layer.scalar_mix.gamma) * shares / shares.sum()).astype(np.float32)
    if layer.mix_layer_norm:
        layers = [_normalised(graph, x, text, layer.scalar_mix.epsilon) for x in layers]
    pairs = zip(layers, shares, strict=True)
    return graph("Sum", *(graph("Mul", x, graph.constant(share)) for x, share in pairs))


def _normalised(graph: TaskGraph, x: str, text: Text, epsilon: float) -> str:
    """One mean and one variance over all real elements of the batch, as `ScalarMix` has them."""
    real = graph("Cast", text.real, to=1)
    axes = graph.integers(0, 1, 2)
    features = graph("Cast", graph("Slice", graph("Shape", x), *map(graph.integers, (2, 3))), to=1)
    count = graph("Mul", graph("ReduceSum", real, axes, keepdims=1), features)
    count = graph("Max", count, graph.constant(np.float32(1)))
    total = graph("ReduceSum", graph("Mul", x, real), axes, keepdims=1)
    centred = graph("Sub", x, graph("Div", total, count))
    inside = graph("Mul", centred, real)
    squares = graph("ReduceSum", graph("Mul", inside, inside), axes, keepdims=1)
    variance = graph("Add", graph("Div", squares, count), graph.constant(np.float32(epsilon)))
    return graph("Div", centred, graph("Sqrt", variance))


def table(graph: TaskGraph, text: Text, name: str, layer: Any) -> str:
    """A table looked up with an input of ids: float `(tokens, batch, size)`."""
    return graph("Gather", graph.constant(weight(layer.embeddings)), graph.ids(text, name))


def encode(graph: TaskGraph, task: Any, text: Text) -> str:
    """What `TextEncoder` makes of a text: float `(tokens, batch, features)`."""
    return contextual(graph, task, words(graph, task, text), text)


def words(graph: TaskGraph, task: Any, text: Text) -> str:
    """The vector of each word: what the BiLSTM reads."""
    x = mix(graph, text, task.get_layer("elmo_mix"))
    if task.word_vectors is not None:
        vectors = table(graph, text, "word_ids", task.word_vectors)
        x = graph("Concat", vectors, x, axis=2)
    if task.encoder.word_shape_dim:
        shapes = table(graph, text, "word_shapes", task.get_layer("word_shape_vectors"))
        x = graph("Concat", shapes, x, axis=2)
    return x


def contextual(graph: TaskGraph, task: Any, x: str, text: Text) -> str:
    """What the BiLSTM layers make of vectors."""
    for i in range(len(task.encoder.units)):
        x = bilstm(graph, x, text, task.get_layer(f"bilstm_{i}"))
    if task.encoder.mix_at_output:
        again = mix(graph, text, task.get_layer("output_mix"))
        x = graph("Concat", x, again, axis=2)
    return x


def pool(graph: TaskGraph, x: str, text: Text, layer: Any) -> str:
    """A `SequencePooling`: float `(batch, features)`."""
    real = graph("Cast", text.real, to=1)  # (tokens, batch, 1)
    return _POOLS[layer.pooling](graph, x, text.real, real, layer)


def _last(graph: TaskGraph, x: str, mask: str, real: str, layer: Any) -> str:
    # 1 at the last real step: real there, not real at the next.
    shifted = graph("Slice", real, graph.integers(1), graph.integers(2**62), graph.integers(0))
    padding = graph.integers(0, 0, 0, 1, 0, 0)
    last = graph("Sub", real, graph("Pad", shifted, padding))
    forward, backward = graph.several("Split", 2, x, axis=2, num_outputs=2)
    at_end = graph("ReduceSum", graph("Mul", forward, last), graph.integers(0), keepdims=0)
    first = graph("Mul", backward, real)
    start = graph("Slice", first, *map(graph.integers, (0, 1, 0)))
    at_begin = graph("Squeeze", start, graph.integers(0))
    return graph("Concat", at_end, at_begin, axis=1)


def _max(graph: TaskGraph, x: str, mask: str, real: str, layer: Any) -> str:
    shown = graph("Where", mask, x, graph.constant(_MASKED))
    axis = graph.integers(0)
    any_real = graph("ReduceMax", real, axis, keepdims=0)
    return graph("Mul", graph("ReduceMax", shown, axis, keepdims=0), any_real)


def _mean(graph: TaskGraph, x: str, mask: str, real: str, layer: Any) -> str:
    axis = graph.integers(0)
    total = graph("ReduceSum", graph("Mul", x, real), axis, keepdims=0)
    count = graph("ReduceSum", real, axis, keepdims=0)
    return graph("Div", total, graph("Max", count, graph.constant(np.float32(1))))


def _attention(graph: TaskGraph, x: str, mask: str, real: str, layer: Any) -> str:
    scores = dense(graph, dense(graph, x, layer.hidden, "tanh"), layer.score)
    weights = masked_softmax(graph, scores, mask, axis=0)
    return graph("ReduceSum", graph("Mul", weights, x), graph.integers(0), keepdims=0)


_POOLS = {"last": _last, "max": _max, "mean": _mean, "attention": _attention}


def masked_softmax(graph: Graph, scores: str, mask: str, axis: int) -> str:
    """A softmax that gives nothing to what is not real, as in `layers/masking.py`."""
    shown = graph("Where", mask, scores, graph.constant(_MASKED))
    return graph("Mul", graph("Softmax", shown, axis=axis), graph("Cast", mask, to=1))


def cumulative_link(graph: TaskGraph, x: str, layer: Any) -> str:
    """A `CumulativeLink` on float `(batch, features)`."""
    raw = weight(layer.bounds).astype(np.float64)
    bounds = np.cumsum(np.concatenate([raw[:1], np.logaddexp(0.0, raw[1:])])).astype(np.float32)
    score = graph("MatMul", x, graph.constant(weight(layer.kernel)))
    above = graph("Sigmoid", graph("Sub", score, graph.constant(bounds)))
    padding = [graph.integers(0, a, 0, 1 - a) for a in (1, 0)]
    one, zero = graph.constant(np.float32(1)), graph.constant(np.float32(0))
    return graph("Sub", graph("Pad", above, padding[0], one), graph("Pad", above, padding[1], zero))


def by_sentence(graph: TaskGraph, x: str) -> str:
    """`(tokens, batch, features)` → `(batch, tokens, features)`, and back."""
    return graph("Transpose", x, perm=[1, 0, 2])
