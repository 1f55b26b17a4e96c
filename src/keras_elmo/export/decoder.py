"""A decoder with attention as nodes of two ONNX graphs: what a source is read to, and one step.

What is computed stands in the layer `AttentionDecoder`. A source's values for all steps are outputs
of the first graph and inputs of the second, by name.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.embedding.engines.onnx_graph import Graph, float_value
from keras_elmo.export.attention import expanded, part_of, steps_of
from keras_elmo.export.layers import masked_softmax, weight
from keras_elmo.layers.attention_decoder import BEGIN_ID, TINY
from keras_elmo.layers.masking import MASKED

with needs_extra("onnx", "an export to ONNX needs the package onnx"):
    from onnx import ModelProto, TensorProto, helper

STATE = ("a", "h", "c")


@dataclass(frozen=True)
class Decoder:
    """The nodes of a decoder.

    Args:
        layer: a built `AttentionDecoder`.
    """

    layer: Any

    @property
    def source_shapes(self) -> dict[str, tuple[str | int, ...]]:
        """The values for all steps that a source is read to, each float, and their axes."""
        steps = ("rows", "source")
        features, units = self.layer.memory_kernel.shape
        shapes = {"keys": (*steps, units), "values": (*steps, units), "real": steps}
        if self.layer.copy:
            shapes |= {"memory": (*steps, features), "barred": ("rows", "symbols")}
        return shapes

    def read(
        self, graph: Graph, memory: str, mask: str, source_ids: str | None = None
    ) -> dict[str, str]:
        """What all steps share, and the state before the first one, `a`, `h` and `c`.

        Args:
            graph: takes the nodes.
            memory: float `(batch, source, features)`.
            mask: bool `(batch, source)`.
            source_ids: with `copy`, int `(batch, source)`.
        """
        real = graph("Cast", mask, to=TensorProto.FLOAT)  # (batch, source)
        keys = _product(graph, memory, self.layer.attention_layer.kernel)
        memory = graph("Mul", memory, expanded(graph, real, 2))
        found = {"keys": keys, "values": _product(graph, memory, self.layer.memory_kernel)}
        found["real"] = real
        if source_ids is not None:
            found |= {"memory": memory, "barred": self._barred(graph, mask, source_ids)}
        return found | self._start(graph, memory, real)

    def step(self, graph: Graph, ids: str, state: dict[str, str]) -> tuple[str, dict[str, str]]:
        """Log-probabilities of the next symbols, float `(rows, symbols)`, and the next state.

        Args:
            graph: has the values of `source_shapes`, with `copy` also `source_ids` int64
                `(rows, source)`.
            ids: the symbols before, int64 `(rows,)`.
            state: float `(rows, units)` each.
        """
        layer = self.layer
        before = self._vectors(graph, ids)  # (rows, embedding_dim)
        read = graph("Concat", state["a"], state["h"], axis=-1)
        z = _product(graph, before, layer.kernel, layer.bias)
        z = graph("Add", z, _product(graph, read, layer.recurrent_kernel))
        i, f, o, j = graph.several("Split", 4, z, axis=-1, num_outputs=4)
        kept = graph("Mul", graph("Sigmoid", f), state["c"])
        c = graph("Add", kept, graph("Mul", graph("Sigmoid", i), graph("Tanh", j)))
        h = graph("Mul", graph("Sigmoid", o), graph("Tanh", c))
        weights = self._weights(graph, h)  # (rows, source)
        context = _weighted(graph, weights, "values")
        a = graph("Tanh", graph("Add", context, _product(graph, h, layer.state_kernel)))
        logits = _product(graph, a, layer.output_kernel, layer.output_bias)
        logits = graph("Add", logits, graph.constant(self._never))
        if layer.copy:
            log_probabilities = self._with_copies(graph, logits, h, before, weights)
        else:
            log_probabilities = graph("LogSoftmax", logits, axis=-1)
        return log_probabilities, {"a": a, "h": h, "c": c}

    def _start(self, graph: Graph, memory: str, real: str) -> dict[str, str]:
        axis, one = graph.integers(1), graph.constant(np.float32(1.0))
        count = graph("Max", graph("ReduceSum", real, axis, keepdims=1), one)
        mean = graph("Div", graph("ReduceSum", memory, axis, keepdims=0), count)
        state = _product(graph, mean, self.layer.start_kernel, self.layer.start_bias)
        h, c = graph.several("Split", 2, graph("Tanh", state), axis=-1, num_outputs=2)
        return {"a": _zeros(graph, h), "h": h, "c": c}

    def _barred(self, graph: Graph, mask: str, source_ids: str) -> str:
        """0, or `MASKED` for what cannot be written, float `(batch, vocabulary_size + source)`."""
        # A step of the source stands for its symbol where it is the first with it.
        size = graph.constant(np.int64(self.layer.vocabulary_size))
        steps = graph("Add", steps_of(graph, mask), size)
        ids = graph("Cast", source_ids, to=TensorProto.INT64)
        points = graph("Equal", expanded(graph, ids, 2), steps)  # (batch, source, source)
        points = graph("And", points, expanded(graph, mask, 2))
        points = graph("Cast", points, to=TensorProto.FLOAT)
        pointed = graph("ReduceMax", points, graph.integers(1), keepdims=0)
        none = graph("Sub", graph.constant(np.float32(1.0)), pointed)
        none = graph("Mul", none, graph.constant(np.float32(MASKED)))
        zeros = _zeros(graph, part_of(graph, pointed, 1, 0, 1))  # (batch, 1)
        never = graph("Add", zeros, graph.constant(self._never))
        return graph("Concat", never, none, axis=1)

    @property
    def _never(self) -> np.ndarray:
        symbols = np.arange(self.layer.vocabulary_size)
        return np.where(symbols <= BEGIN_ID, MASKED, 0.0).astype(np.float32)[None]

    def _vectors(self, graph: Graph, ids: str) -> str:
        size = graph.constant(np.int64(self.layer.vocabulary_size))
        unknown = graph.constant(np.int64(self.layer.unknown_id))
        known = graph("Where", graph("Less", ids, size), ids, unknown)
        return graph("Gather", graph.constant(weight(self.layer.embeddings)), known)

    def _weights(self, graph: Graph, h: str) -> str:
        """Attention to each step of the source, float `(rows, source)`."""
        attention = self.layer.attention_layer
        if attention.attention == "luong":
            scores = graph("MatMul", "keys", expanded(graph, h, 2))  # (rows, source, 1)
        else:
            query = expanded(graph, _product(graph, h, attention.query_kernel), 1)
            hidden = graph("Tanh", graph("Add", "keys", query))
            scores = _product(graph, hidden, attention.scale)
        real = graph("Greater", "real", graph.constant(np.float32(0.0)))
        scores = graph("Squeeze", scores, graph.integers(2))
        return masked_softmax(graph, scores, real, axis=1)

    def _with_copies(self, graph: Graph, logits: str, h: str, before: str, weights: str) -> str:
        one = graph.constant(np.float32(1.0))
        read = graph("Concat", _weighted(graph, weights, "memory"), h, before, axis=-1)
        gate = _product(graph, read, self.layer.gate_kernel, self.layer.gate_bias)
        # A source without real steps has nothing to copy.
        some = graph("ReduceMax", "real", graph.integers(1), keepdims=1)
        gate = graph("Max", graph("Sigmoid", gate), graph("Sub", one, some))  # (rows, 1)
        written = graph("Mul", gate, graph("Softmax", logits, axis=-1))
        both = graph("Concat", written, _zeros(graph, weights), axis=-1)
        copied = graph("Mul", graph("Sub", one, gate), weights)
        both = graph("ScatterElements", both, "source_ids", copied, axis=1, reduction="add")
        both = graph("Log", graph("Add", both, graph.constant(np.float32(TINY))))
        return graph("Add", both, "barred")


def step_model(layer: Any) -> ModelProto:
    """One step of a beam search over many sources.

    Args:
        layer: a built `AttentionDecoder`.

    Returns:
        A graph of int64 `parents` and `ids` `(rows,)`, from which row of the state before each row
        comes and with which symbol; `choices` `(1,)`; the state `a`, `h` and `c` before; and what
        sources were read to. It gives `next_a`, `next_h` and `next_c`, and of the best `choices`
        symbols their log-probabilities `log_probabilities`, infinitely low where a symbol cannot be
        written, and the `symbols`, both `(rows, choices)`.
    """
    decoder, graph, units = Decoder(layer), Graph("float32"), layer.units
    whole = {"parents": ("rows",), "ids": ("rows",), "choices": (1,)}
    if layer.copy:
        whole["source_ids"] = ("rows", "source")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, shape)
        for name, shape in whole.items()
    ]
    inputs += [float_value(name, "before", units) for name in STATE]
    inputs += [float_value(name, *shape) for name, shape in decoder.source_shapes.items()]
    state = {name: graph("Gather", name, "parents") for name in STATE}
    found, after = decoder.step(graph, "ids", state)
    never = graph("Less", found, graph.constant(np.float32(0.1 * MASKED)))
    found = graph("Where", never, graph.constant(np.float32(-np.inf)), found)
    best, symbols = graph.several("TopK", 2, found, "choices", axis=-1)
    graph("Identity", best, name="log_probabilities")
    graph("Identity", symbols, name="symbols")
    for name, value in after.items():
        graph("Identity", value, name=f"next_{name}")
    outputs = [float_value("log_probabilities", "rows", "choices")]
    outputs.append(helper.make_tensor_value_info("symbols", TensorProto.INT64, ["rows", "choices"]))
    return graph.model(
        inputs, [*outputs, *(float_value(f"next_{s}", "rows", units) for s in STATE)]
    )


def _product(graph: Graph, x: str, kernel: Any, bias: Any = None) -> str:
    product = graph("MatMul", x, graph.constant(weight(kernel)))
    return product if bias is None else graph("Add", product, graph.constant(weight(bias)))


def _weighted(graph: Graph, weights: str, x: str) -> str:
    """The sum of vectors `(rows, source, size)` by their weights: `(rows, size)`."""
    return graph("Squeeze", graph("MatMul", expanded(graph, weights, 1), x), graph.integers(1))


def _zeros(graph: Graph, x: str) -> str:
    return graph("Mul", x, graph.constant(np.float32(0.0)))
