"""A source of a sequence-to-sequence task as nodes of a graph."""

from dataclasses import replace
from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.export.attention import expanded
from keras_elmo.export.decoder import Decoder
from keras_elmo.export.layers import by_sentence, contextual, words
from keras_elmo.export.spelled_words import spelled_words
from keras_elmo.export.task_graph import TaskGraph, Text
from keras_elmo.text.symbols import CHARACTER_STEPS, SOURCE_IDS, WORD_PLACES

with needs_extra("onnx", "an export to ONNX needs the package onnx"):
    from onnx import TensorProto


def read_source(graph: TaskGraph, task: Any, decoder: Any) -> dict[str, str]:
    """What the decoder of an `ElmoSeq2Seq` reads at every step, and its first state, by name."""
    text = graph.text()
    x = words(graph, task, text)
    if task.source_characters is not None:
        x, text = _spelled(graph, task, x, text)
    memory = by_sentence(graph, contextual(graph, task, x, text))
    mask = graph("Squeeze", by_sentence(graph, text.real), graph.integers(2))
    copied = graph.input(SOURCE_IDS, TensorProto.INT32) if task.copy else None
    return Decoder(decoder).read(graph, memory, mask, copied)


def _spelled(graph: TaskGraph, task: Any, x: str, text: Text) -> tuple[str, Text]:
    """The vectors of characters, and which of them are real."""
    characters, places = (
        graph("Cast", graph.input(name, TensorProto.INT32), to=TensorProto.INT64)
        for name in (CHARACTER_STEPS, WORD_PLACES)
    )
    x = by_sentence(graph, x)
    x = spelled_words(graph, task.get_layer("spelled_words"), x, characters, places)
    mask = graph("Not", graph("Equal", characters, graph.constant(np.int64(0))))
    lengths = graph("Cast", graph.lengths(mask), to=TensorProto.INT32)
    real = by_sentence(graph, expanded(graph, mask, 2))
    return by_sentence(graph, x), replace(text, lengths=lengths, real=real)
