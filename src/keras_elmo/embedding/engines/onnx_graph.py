"""ELMo as ONNX graphs, straight from its weights: one for word vectors, one for a block of steps.

MatMul, Scan and elementwise operators only, so that ONNX Runtime needs neither Keras nor a
converter. In `int8` weights are quantized per output, symmetrically, and inputs of products when
they come (DynamicQuantizeLinear, MatMulInteger); gates and states stay float32.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.elmo.backbone_config import BackboneConfig
from keras_elmo.elmo.config import take_config
from keras_elmo.weights.shapes import DIRECTIONS

with needs_extra("onnx", "graphs of ONNX need the package onnx"):
    from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto, helper, numpy_helper

_OPSET, _IR_VERSION = 18, 9
INT64_MAX = np.iinfo(np.int64).max
Arrays = Mapping[str, np.ndarray]


def words_model(config: Mapping[str, Any], arrays: Arrays, precision: str) -> ModelProto:
    """What turns a word's ids into its vector: character CNN, table of words, or both.

    Args:
        config: the configuration of the backbone.
        arrays: the weights of the backbone by path.
        precision: `"float32"` or `"int8"`.

    Returns:
        A graph of ids int32 `(words, characters)`, `(words, 1 + characters)` or `(words,)` →
        vectors `(words, P)`.
    """
    graph = Graph(precision)
    graph("Identity", word_vectors(graph, config, arrays, "ids"), name="vectors")
    sizes = take_config(BackboneConfig, {**config})
    shape = ["words"] if sizes.reads_words_alone else ["words", "characters"]
    inputs = [helper.make_tensor_value_info("ids", TensorProto.INT32, shape)]
    return graph.model(inputs, [float_value("vectors", "words", config["projection_dim"])])


def block_model(config: Mapping[str, Any], arrays: Arrays, precision: str) -> ModelProto:
    """Both directions of the biLM over a block.

    Args: see `words_model`.

    Returns:
        A graph with the inputs `forward` and `backward` `(steps, rows, P)`, `begins` bool
        `(steps, rows, 1)`, `state_i` and `start_i`, and the outputs `layer_i` `(steps, rows, P)`
        and `after_i`, in the order of
        [`Engine.advance`][keras_elmo.embedding.engines.engine.Engine].
    """
    graph = Graph(precision)
    size, units, count = config["projection_dim"], config["units"], config["num_layers"]
    for d, direction in enumerate(DIRECTIONS):
        for layer, y in enumerate(direction_layers(graph, config, arrays, d, direction)):
            graph("Identity", y, name=f"layer_{d * count + layer}")
    state = [(i, (size, units)[i % 2]) for i in range(4 * count)]
    inputs = [float_value(name, "steps", "rows", size) for name in DIRECTIONS]
    inputs.append(helper.make_tensor_value_info("begins", TensorProto.BOOL, ["steps", "rows", 1]))
    inputs += [float_value(f"state_{i}", "rows", features) for i, features in state]
    inputs += [float_value(f"start_{i}", 1, features) for i, features in state]
    outputs = [float_value(f"layer_{i}", "steps", "rows", size) for i in range(2 * count)]
    outputs += [float_value(f"after_{i}", "rows", features) for i, features in state]
    return graph.model(inputs, outputs)


class Graph:
    """Collects nodes; calling it adds one and returns the name of its output."""

    def __init__(self, precision: str, outer: "Graph | None" = None):
        self.precision = precision
        self.nodes: list[Any] = []
        # A loop's body names its values apart, and reads the constants of the graph around it.
        self.constants: list[TensorProto] = outer.constants if outer else []
        self._counter: list[int] = outer._counter if outer else [0]

    def __call__(self, operator: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        output = name or self._new_name()
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def several(self, operator: str, count: int, *inputs: str, **attributes: Any) -> list[str]:
        """A node with several outputs."""
        outputs = [self._new_name() for _ in range(count)]
        self.nodes.append(helper.make_node(operator, list(inputs), outputs, **attributes))
        return outputs

    def constant(self, array: Any) -> str:
        name = self._new_name()
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def weight(self, kernel: np.ndarray) -> "list[str]":
        """The constants of a matrix `(inputs, outputs)`, for `product`."""
        if self.precision == "float32":
            return [self.constant(kernel.astype(np.float32, copy=False))]
        scale = np.maximum(np.abs(kernel).max(axis=0), 1e-12).astype(np.float32) / 127
        whole = np.round(kernel / scale).astype(np.int8)
        zeros = np.zeros(kernel.shape[1], np.int8)
        return [self.constant(array) for array in (whole, scale, zeros)]

    def quantized(self, x: str) -> list[str]:
        """What `product` reads: in int8 whole numbers, their scale and their zero."""
        if self.precision == "float32":
            return [x]
        return self.several("DynamicQuantizeLinear", 3, x)

    def product(self, x: list[str], weight: list[str], *, highest_over: int | None = None) -> str:
        """`x @ weight`; of the places along an axis perhaps only the highest value."""
        if self.precision == "float32":
            return self.highest(self("MatMul", x[0], weight[0]), highest_over)
        whole, x_scale, x_zero = x
        sums = self("MatMulInteger", whole, weight[0], x_zero, weight[2])
        # Scales are positive: the maximum may come first, which leaves less to scale.
        sums = self.highest(sums, highest_over)
        scale = self("Mul", x_scale, weight[1])
        return self("Mul", self("Cast", sums, to=TensorProto.FLOAT), scale)

    def highest(self, x: str, axis: int | None) -> str:
        return x if axis is None else self("ReduceMax", x, self.integers(axis), keepdims=0)

    def integers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def dense(self, x: str, arrays: Arrays, path: str) -> str:
        product = self.product(self.quantized(x), self.weight(arrays[f"{path}/kernel"]))
        return self("Add", product, self.constant(arrays[f"{path}/bias"]))

    def clip(self, x: str, bound: float | None) -> str:
        if not bound:
            return x
        limits = [self.constant(np.float32(limit)) for limit in (-bound, bound)]
        return self("Clip", x, *limits)

    def body(self, inputs: Sequence[ValueInfoProto], outputs: Sequence[ValueInfoProto]):
        return helper.make_graph(self.nodes, "step", inputs, outputs)

    def model(
        self, inputs: Sequence[ValueInfoProto], outputs: Sequence[ValueInfoProto]
    ) -> ModelProto:
        graph: GraphProto = helper.make_graph(
            self.nodes, "elmo", inputs, outputs, initializer=self.constants
        )
        opset = [helper.make_opsetid("", _OPSET)]
        return helper.make_model(graph, opset_imports=opset, ir_version=_IR_VERSION)

    def _new_name(self) -> str:
        self._counter[0] += 1
        return f"v{self._counter[0]}"


def word_vectors(graph: Graph, config: Mapping[str, Any], arrays: Arrays, ids: str) -> str:
    """Layer 0 of some words: see `words_model`."""
    if config["vocabulary_size"] is None:
        return _char_cnn(graph, config, arrays, ids)
    table = graph.constant(arrays["word_embedding/embeddings"])
    if config.get("word_dim") is None:
        return graph("Gather", table, ids)
    zero, one, last = (graph.integers(number) for number in (0, 1, INT64_MAX))
    word = graph("Squeeze", graph("Slice", ids, zero, one, one), one)
    characters = graph("Slice", ids, one, last, one)
    kernel = graph.weight(arrays["word_projection/kernel"])
    own = graph.product(graph.quantized(graph("Gather", table, word)), kernel)
    return graph("Add", own, _char_cnn(graph, config, arrays, characters))


def _char_cnn(graph: Graph, config: Mapping[str, Any], arrays: Arrays, ids: str) -> str:
    # One product a filter width, over all windows of a batch: a third to twice as fast as ONNX
    # Runtime's Conv on words, and quantized like every other product.
    table, *scaling = graph.quantized(graph.constant(arrays["char_cnn/char_embedding/embeddings"]))
    embedded = graph("Gather", table, ids)  # (words, characters, size)
    pooled = []
    for i, (width, filters) in enumerate(config["char_filters"]):
        kernel = arrays[f"char_cnn/conv_{i}/kernel"]  # (width, size, filters)
        weight = graph.weight(kernel.reshape(-1, filters))
        windows = _windows(graph, embedded, width)
        highest = graph.product([windows, *scaling], weight, highest_over=1)  # (words, filters)
        bias = graph.constant(arrays[f"char_cnn/conv_{i}/bias"])
        pooled.append(graph("Add", highest, bias))
    activation = {"relu": "Relu", "tanh": "Tanh"}[config["activation"]]
    x = graph(activation, graph("Concat", *pooled, axis=1))
    one = graph.constant(np.float32(1.0))
    for k in range(config["num_highways"]):
        path = f"char_cnn/highway_{k}"
        carry = graph("Sigmoid", graph.dense(x, arrays, f"{path}/carry"))
        new = graph("Relu", graph.dense(x, arrays, f"{path}/transform"))
        left, right = graph("Mul", carry, new), graph("Mul", graph("Sub", one, carry), x)
        x = graph("Add", left, right)
    if "char_cnn/projection/kernel" in arrays:
        x = graph.dense(x, arrays, "char_cnn/projection")
    return x


def _windows(graph: Graph, x: str, width: int) -> str:
    """Every `width` characters that follow each other: `(words, places, width * size)`."""
    axis, parts = graph.integers(1), []
    for first in range(width):
        end = first + 1 - width or INT64_MAX  # so many from the end; the last part goes up to it
        parts.append(graph("Slice", x, graph.integers(first), graph.integers(end), axis))
    return graph("Concat", *parts, axis=2)


def direction_layers(
    graph: Graph, config: Mapping[str, Any], arrays: Arrays, direction: int, x: str
) -> list[str]:
    """The outputs of one direction's layers, each `(steps, rows, P)`.

    Args:
        graph, config, arrays: see `words_model`.
        direction: 0 forwards, 1 backwards.
        x: the words that it reads, in its own order. The graph also has values `begins`, `state_i`
            and `start_i`, see `block_model`; here `after_i` is added.
    """
    outputs, count = [], config["num_layers"]
    for layer in range(count):
        path = f"bilm/{DIRECTIONS[direction]}_{layer}"
        y = _lstm(graph, config, arrays, path, x, 2 * (direction * count + layer))
        x = graph("Add", y, x) if layer and config["use_skip_connections"] else y
        outputs.append(x)
    return outputs


def _lstm(graph: Graph, config: Mapping[str, Any], arrays: Arrays, path: str, x: str, i: int):
    """`ProjectionLSTM` over a block; its states are numbers `i` and `i + 1`."""
    gates = graph.dense(x, arrays, path)  # (steps, rows, 4 units)
    recurrent = graph.weight(arrays[f"{path}/recurrent_kernel"])
    projection = None
    if config["lstm_projection"]:
        projection = graph.weight(arrays[f"{path}/projection_kernel"])
    forget_bias = graph.constant(np.float32(config["forget_bias"]))

    step = Graph(graph.precision, graph)
    h, c, now, begins = (f"{name}_{i}" for name in ("h", "c", "now", "begins"))
    size, units = config["projection_dim"], config["units"]
    inputs = [
        float_value(h, "rows", size),
        float_value(c, "rows", units),
        float_value(now, "rows", 4 * units),
    ]
    inputs.append(helper.make_tensor_value_info(begins, TensorProto.BOOL, ["rows", 1]))
    h_before = step("Where", begins, f"start_{i}", h)
    c_before = step("Where", begins, f"start_{i + 1}", c)
    total = step("Add", now, step.product(step.quantized(h_before), recurrent))
    to_i, to_j, to_f, to_o = step.several("Split", 4, total, axis=-1, num_outputs=4)
    kept = step("Mul", step("Sigmoid", step("Add", to_f, forget_bias)), c_before)
    new = step("Mul", step("Sigmoid", to_i), step("Tanh", to_j))
    c_after = step.clip(step("Add", kept, new), config["cell_clip"])
    h_after = step("Mul", step("Sigmoid", to_o), step("Tanh", c_after))
    if projection:
        h_after = step.clip(
            step.product(step.quantized(h_after), projection), config["projection_clip"]
        )
    results = [(h_after, size), (c_after, units), (step("Identity", h_after), size)]
    body = step.body(inputs, [float_value(name, "rows", features) for name, features in results])

    y = f"y_{i}"
    graph.nodes.append(
        helper.make_node(
            "Scan",
            [f"state_{i}", f"state_{i + 1}", gates, "begins"],
            [f"after_{i}", f"after_{i + 1}", y],
            body=body,
            num_scan_inputs=2,
        )
    )
    return y


def float_value(name: str, *shape: int | str) -> ValueInfoProto:
    """A float input or output; a string stands for any size."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
