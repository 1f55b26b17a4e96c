"""Graphs are run and compared: a part of one alone, a whole one against the task in Keras."""

import numpy as np

from keras_elmo.embedding.engines.onnx_graph import Graph, TensorProto, helper

TYPES = {"f": TensorProto.FLOAT, "b": TensorProto.BOOL, "i": TensorProto.INT64}


def randomized(layer):
    """Give a layer random weights."""
    rng = np.random.default_rng(5)
    for variable in layer.variables:
        variable.assign(rng.normal(scale=0.4, size=variable.shape))


def run(build, **inputs):
    """What a graph gives for arrays by name; `build` makes its outputs in a `Graph`."""
    import onnxruntime

    graph = Graph("float32")
    outputs = build(graph)
    outputs = [outputs] if isinstance(outputs, str) else outputs
    inputs = {name: np.asarray(x) for name, x in inputs.items()}
    inputs = {name: x.astype(np.int64) if x.dtype.kind == "i" else x for name, x in inputs.items()}
    values = [
        helper.make_tensor_value_info(name, TYPES[x.dtype.kind], [None] * x.ndim)
        for name, x in inputs.items()
    ]
    results = [helper.make_empty_tensor_value_info(name) for name in outputs]
    session = onnxruntime.InferenceSession(graph.model(values, results).SerializeToString())
    found = session.run(None, inputs)
    return found[0] if len(found) == 1 else found


def assert_close(found, expected):
    """The same structure with the same words, and numbers to 1e-5."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        found, expected = list(found.values()), list(expected.values())
    if isinstance(expected, str | bool | int) or expected is None:
        assert found == expected
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for pair in zip(found, expected, strict=True):
            assert_close(*pair)
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
