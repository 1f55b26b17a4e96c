"""Graphs of a decoder and of spelled words give what the layers give, step by step."""

import numpy as np
import pytest

pytest.importorskip("onnx", reason="graphs need the package onnx")
pytest.importorskip("onnxruntime", reason="graphs are run by ONNX Runtime")

from graph_support import randomized, run
from support import to_numpy

from keras_elmo.export.decoder import STATE, Decoder
from keras_elmo.export.spelled_words import spelled_words
from keras_elmo.layers.attention_decoder import AttentionDecoder
from keras_elmo.layers.spelled_words import SpelledWords

RNG = np.random.default_rng(3)
MEMORY = RNG.normal(size=(4, 5, 6)).astype("float32")
LENGTHS = np.array([5, 3, 1, 0])
MASK = np.arange(5) < LENGTHS[:, None]
# Of 7 symbols; 7 + s stands at step s for the first time.
SOURCE_IDS = np.array(
    [[7, 5, 7, 10, 5], [4, 8, 8, 0, 0], [7, 0, 0, 0, 0], [0, 0, 0, 0, 0]], np.int32
)
WRITTEN = np.array([[1, 1, 1, 1], [5, 8, 7, 3], [10, 4, 2, 6]], np.int32)


def check(found, expected):
    np.testing.assert_allclose(found, to_numpy(expected), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("attention", ["luong", "bahdanau"])
@pytest.mark.parametrize("copy", [False, True])
@pytest.mark.parametrize("row", [None, 1])
def test_decoder(attention, copy, row):
    chosen = slice(None) if row is None else slice(row, row + 1)
    steps = 5 if row is None else int(LENGTHS[row])
    memory, mask, ids = MEMORY[chosen, :steps], MASK[chosen, :steps], SOURCE_IDS[chosen, :steps]
    decoder = AttentionDecoder(
        7, 3, embedding_dim=4, attention=attention, copy=copy, name="decoder"
    )
    copied = {"source_ids": ids} if copy else {}
    decoder(memory, WRITTEN[:1].T[: len(memory)], **copied, mask=mask)
    randomized(decoder)
    nodes = Decoder(decoder)
    names = [*nodes.source_shapes, *STATE]

    def read(graph):
        found = nodes.read(graph, "memory", "mask", "source_ids" if copy else None)
        return [graph("Identity", found[name]) for name in names]

    def step(graph):
        log_probabilities, state = nodes.step(graph, "ids", dict(zip(STATE, STATE, strict=True)))
        return [log_probabilities, *state.values()]

    found = dict(zip(names, run(read, memory=memory, mask=mask, **copied), strict=True))
    source = decoder.read(memory, copied.get("source_ids"), mask)
    state = decoder.start(source)
    for name, part in zip(STATE, state, strict=True):
        check(found[name], part)
    for symbols in WRITTEN[:, chosen]:
        inputs = symbols if copy else np.minimum(symbols, 6)
        state, expected = decoder.advance(state, inputs, source)
        log_probabilities, *after = run(step, **found, **copied, ids=inputs)
        check(log_probabilities, expected)
        found |= dict(zip(STATE, after, strict=True))


@pytest.mark.parametrize("row", [None, 1])
def test_spelled_words(row):
    chosen = slice(None) if row is None else slice(row, row + 1)
    steps, tokens = (4, 3) if row is None else (3, 2)
    words = RNG.normal(size=(2, 3, 4)).astype("float32")[chosen, :tokens]
    characters = np.array([[1, 4, 2, 3], [5, 1, 1, 0]], np.int32)[chosen, :steps]
    places = np.array([[1, 1, 0, 3], [1, 0, 2, 0]], np.int32)[chosen, :steps]
    layer = SpelledWords(6, 3, name="spelled_words")
    layer(words, characters, places)
    randomized(layer)

    def spelled(graph):
        return spelled_words(graph, layer, "words", "characters", "places")

    found = run(spelled, words=words, characters=characters, places=places)
    check(found, layer(words, characters, places))
