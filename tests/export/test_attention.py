"""Graphs of attention and of spans give what the layers give, alone and under padding."""

import numpy as np
import pytest

pytest.importorskip("onnx", reason="graphs need the package onnx")
pytest.importorskip("onnxruntime", reason="graphs are run by ONNX Runtime")

from graph_support import randomized, run
from support import to_numpy

from keras_elmo.export.attention import attention_flow, cross_attention, self_attention
from keras_elmo.export.spans import span_scores
from keras_elmo.layers.attention_flow import AttentionFlow, CrossAttention, SelfAttention
from keras_elmo.layers.span_scores import SpanScores

RNG = np.random.default_rng(7)
PASSAGE = RNG.normal(size=(4, 7, 4)).astype("float32")
QUESTION = RNG.normal(size=(4, 3, 4)).astype("float32")
LENGTHS, WORDS = np.array([7, 3, 1, 5]), np.array([2, 3, 1, 3])
MASK = np.arange(7) < LENGTHS[:, None]
WORD_MASK = np.arange(3) < WORDS[:, None]
TEXTS = {"x": PASSAGE, "y": QUESTION, "mask": MASK, "words": WORD_MASK}


def check(found, expected):
    np.testing.assert_allclose(found, to_numpy(expected), atol=1e-5, rtol=1e-5)


def alone(arrays, row):
    """One row of a batch without its padding."""
    sizes = {"x": LENGTHS, "mask": LENGTHS, "y": WORDS, "words": WORDS}
    return {name: x[row : row + 1, : sizes[name][row]] for name, x in arrays.items()}


@pytest.mark.parametrize("row", [None, 1, 2])
def test_attention_between_texts(row):
    texts = TEXTS if row is None else alone(TEXTS, row)
    x, y, mask, words = texts.values()
    found = run(lambda graph: cross_attention(graph, "x", "y", "mask", "words"), **texts)
    check(found, CrossAttention()(x, y, mask=mask, other_mask=words))

    layer = AttentionFlow(name="flow")
    layer.build(x.shape, y.shape)
    randomized(layer)

    def flow(graph):
        return attention_flow(graph, layer, "x", "y", "mask", "words")

    check(run(flow, **texts), layer(x, y, mask=mask, question_mask=words))


@pytest.mark.parametrize("row", [None, 1, 2])
def test_attention_of_a_text_to_itself(row):
    texts = TEXTS if row is None else alone(TEXTS, row)
    layer = SelfAttention(name="own")
    layer.build(texts["x"].shape)
    randomized(layer)
    inputs = {name: texts[name] for name in ("x", "mask")}
    found = run(lambda graph: self_attention(graph, layer, "x", "mask"), **inputs)
    check(found, layer(texts["x"], mask=texts["mask"]))


@pytest.mark.parametrize("row", [None, 1, 2])
def test_span_scores(row):
    texts = TEXTS if row is None else alone(TEXTS, row)
    x, mask = texts["x"], texts["mask"]
    parts = {"starts": x, "ends": x[..., :2] - x[..., 2:], "passage": np.tanh(x)}
    question = QUESTION[: len(x), 0]
    layer = SpanScores(6, name="spans")
    layer(*parts.values(), question, mask=mask)
    randomized(layer)

    def spans(graph):
        return span_scores(graph, layer, tuple(parts), "question", "mask")

    found = run(spans, **parts, question=question, mask=mask)
    expected = layer(*parts.values(), question, mask=mask)
    assert found.shape == (len(x), 1 + x.shape[1], 2)
    check(found, expected)
