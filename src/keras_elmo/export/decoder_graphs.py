"""A decoder with attention as nodes of two ONNX graphs: what a source is read to, and one step.

What is computed stands in the layer `AttentionDecoder`; here a source's values for all steps are
the outputs of the first graph and inputs of the second, by the names of `source_values`.
"""

from dataclasses import dataclass

import numpy as np

from keras_elmo.embedding.engines.onnx_graph import Arrays, Graph, TensorProto
from keras_elmo.export.attention_graphs import expanded, masked_softmax, part_of, steps_of
from keras_elmo.layers.attention_decoder import BEGIN_ID, TINY
from keras_elmo.layers.masking import MASKED

STATE = ("a", "h", "c")


@dataclass(frozen=True)
class DecoderGraphs:
    """The weights of a decoder, and how it attends.

    Args:
        arrays: weights by path.
        path: of the layer.
        attention: `"luong"` or `"bahdanau"`.
        copy: whether steps of the source can be written.
        unknown_id: the symbol whose vector stands for what is copied from outside the vocabulary.
    """

    arrays: Arrays
    path: str
    attention: str
    copy: bool
    unknown_id: int

    @property
    def source_values(self) -> dict[str, int | None]:
        """What a source is read to: of each value float `(batch, source, …)` its last size.

        Without a last size: of `real` `(batch, source)`; of `barred`
        `(batch, vocabulary_size + source)`.
        """
        features, units = self._weight("memory_kernel").shape
        values = {"keys": units, "values": units, "real": None}
        return values | ({"memory": features, "barred": None} if self.copy else {})

    @property
    def vocabulary_size(self) -> int:
        """Number of symbols with padding and begin."""
        return len(self._weight("embeddings"))

    @property
    def units(self) -> int:
        """Size of each part of the state."""
        return len(self._weight("state_kernel"))

    def read(
        self, graph: Graph, memory: str, mask: str, source_ids: str | None = None
    ) -> dict[str, str]:
        """What all steps share, and the state before the first one.

        Args:
            graph: takes the nodes.
            memory: float `(batch, source, features)`.
            mask: bool `(batch, source)`.
            source_ids: with `copy`, int64 `(batch, source)`.
        """
        real = graph("Cast", mask, to=TensorProto.FLOAT)  # (batch, source)
        keys = self._product(graph, memory, "attention/kernel")
        memory = graph("Mul", memory, expanded(graph, real, 2))
        found = {"keys": keys, "values": self._product(graph, memory, "memory_kernel")}
        found["real"] = real
        if source_ids is not None:
            found |= {"memory": memory, "barred": self._barred(graph, mask, source_ids)}
        return found | self._start(graph, memory, real)

    def step(self, graph: Graph) -> tuple[str, dict[str, str]]:
        """Log-probabilities of the next symbols, float `(rows, symbols)`, and the next state.

        The graph has values `ids` int64 `(rows,)`, `a`, `h` and `c` float `(rows, units)`, those of
        `source_values`, and with `copy` `source_ids` int64 `(rows, source)`.
        """
        before = self._vectors(graph)  # (rows, embedding_dim)
        z = graph("Concat", "a", "h", axis=-1)
        z = self._product(graph, z, "recurrent_kernel")
        z = graph("Add", z, self._product(graph, before, "kernel", "bias"))
        i, f, o, j = graph.several("Split", 4, z, axis=-1, num_outputs=4)
        kept = graph("Mul", graph("Sigmoid", f), "c")
        c = graph("Add", kept, graph("Mul", graph("Sigmoid", i), graph("Tanh", j)))
        h = graph("Mul", graph("Sigmoid", o), graph("Tanh", c))
        weights = expanded(graph, self._weights(graph, h), 1)  # (rows, 1, source)
        context = graph("Squeeze", graph("MatMul", weights, "values"), graph.integers(1))
        a = graph("Tanh", graph("Add", context, self._product(graph, h, "state_kernel")))
        logits = self._product(graph, a, "output_kernel", "output_bias")
        if self.copy:
            log_probabilities = self._with_copies(graph, logits, h, before, weights)
        else:
            barred = graph("Add", logits, graph.constant(self._never))
            log_probabilities = graph("LogSoftmax", barred, axis=-1)
        return log_probabilities, {"a": a, "h": h, "c": c}

    def _start(self, graph: Graph, memory: str, real: str) -> dict[str, str]:
        axis, one = graph.integers(1), graph.constant(np.float32(1.0))
        count = graph("Max", graph("ReduceSum", real, axis, keepdims=1), one)
        mean = graph("Div", graph("ReduceSum", memory, axis, keepdims=0), count)
        state = graph("Tanh", self._product(graph, mean, "start_kernel", "start_bias"))
        h, c = graph.several("Split", 2, state, axis=-1, num_outputs=2)
        return {"a": graph("Mul", h, graph.constant(np.float32(0.0))), "h": h, "c": c}

    def _barred(self, graph: Graph, mask: str, source_ids: str) -> str:
        """0, or `MASKED` for what cannot be written, float `(batch, vocabulary_size + source)`."""
        # A step of the source stands for its symbol where it is the first with it.
        steps = graph("Add", steps_of(graph, mask), graph.constant(np.int64(self.vocabulary_size)))
        points = graph("Equal", expanded(graph, source_ids, 2), steps)  # (batch, source, source)
        points = graph("And", points, expanded(graph, mask, 2))
        share = graph("Cast", points, to=TensorProto.FLOAT)
        pointed = graph("ReduceMax", share, graph.integers(1), keepdims=0)
        none = graph("Sub", graph.constant(np.float32(1.0)), pointed)
        none = graph("Mul", none, graph.constant(np.float32(MASKED)))
        of_row = part_of(graph, pointed, 1, 0, 1)  # (batch, 1)
        zeros = graph("Mul", of_row, graph.constant(np.float32(0.0)))
        never = graph("Add", zeros, graph.constant(self._never))
        return graph("Concat", never, none, axis=1)

    @property
    def _never(self) -> np.ndarray:
        symbols = np.arange(self.vocabulary_size)
        return np.where(symbols <= BEGIN_ID, MASKED, 0.0).astype(np.float32)[None]

    def _vectors(self, graph: Graph) -> str:
        size = graph.constant(np.int64(self.vocabulary_size))
        unknown = graph.constant(np.int64(self.unknown_id))
        known = graph("Where", graph("Less", "ids", size), "ids", unknown)
        return graph("Gather", graph.constant(self._weight("embeddings")), known)

    def _weights(self, graph: Graph, h: str) -> str:
        """Attention to each step of the source, float `(rows, source)`."""
        if self.attention == "luong":
            scores = graph("MatMul", "keys", expanded(graph, h, 2))  # (rows, source, 1)
        else:
            query = expanded(graph, self._product(graph, h, "attention/query_kernel"), 1)
            hidden = graph("Tanh", graph("Add", "keys", query))
            scores = graph("MatMul", hidden, graph.constant(self._weight("attention/scale")))
        real = graph("Greater", "real", graph.constant(np.float32(0.0)))
        return masked_softmax(graph, graph("Squeeze", scores, graph.integers(2)), real)

    def _with_copies(self, graph: Graph, logits: str, h: str, before: str, weights: str) -> str:
        one = graph.constant(np.float32(1.0))
        written = graph("Softmax", graph("Add", logits, graph.constant(self._never)), axis=-1)
        context = graph("Squeeze", graph("MatMul", weights, "memory"), graph.integers(1))
        read = graph("Concat", context, h, before, axis=-1)
        gate = graph("Sigmoid", self._product(graph, read, "gate_kernel", "gate_bias"))
        # A source without real steps has nothing to copy.
        some = graph("ReduceMax", "real", graph.integers(1), keepdims=1)
        gate = graph("Max", gate, graph("Sub", one, some))  # (rows, 1)
        weights = graph("Squeeze", weights, graph.integers(1))  # (rows, source)
        beyond = graph("Mul", weights, graph.constant(np.float32(0.0)))
        both = graph("Concat", graph("Mul", gate, written), beyond, axis=-1)
        copied = graph("Mul", graph("Sub", one, gate), weights)
        both = graph("ScatterElements", both, "source_ids", copied, axis=1, reduction="add")
        both = graph("Log", graph("Add", both, graph.constant(np.float32(TINY))))
        return graph("Add", both, "barred")

    def _product(self, graph: Graph, x: str, name: str, bias: str | None = None) -> str:
        product = graph.product(graph.quantized(x), graph.weight(self._weight(name)))
        return graph("Add", product, graph.constant(self._weight(bias))) if bias else product

    def _weight(self, name: str) -> np.ndarray:
        return self.arrays[f"{self.path}/{name}"]
