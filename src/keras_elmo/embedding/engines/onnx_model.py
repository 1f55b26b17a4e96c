"""A whole ELMo as one ONNX model: ids of a batch of sentences in, all layers of every token out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.elmo.backbone_config import BackboneConfig
from keras_elmo.elmo.config import take_config
from keras_elmo.embedding.engines.engine import check_encoder
from keras_elmo.embedding.engines.onnx_graph import Arrays, float_value
from keras_elmo.embedding.engines.onnx_sentences import SentenceGraph
from keras_elmo.files.new_file import new_file
from keras_elmo.weights.sources.published import PublishedElmo

with needs_extra("onnx", "ONNX models need the package onnx"):
    from onnx import ModelProto, TensorProto, helper, save_model


def save_onnx(elmo: PublishedElmo, path: Path) -> None:
    """Write an ELMo as the ONNX model of `elmo_model`, with the meaning of its ids as metadata.

    Raises:
        FileExistsError: there is something of that name.
        ValueError: its encoder is no biLM.
    """
    model = elmo_model(elmo.config, elmo.variables)
    about = {"config": elmo.config, "words": elmo.words, "characters": elmo.characters}
    metadata = {name: json.dumps(value, ensure_ascii=False) for name, value in about.items()}
    helper.set_model_props(model, metadata)
    with new_file(path) as unfinished:
        save_model(model, unfinished)


def elmo_model(config: Mapping[str, Any], arrays: Arrays) -> ModelProto:
    """What `ElmoBackbone` computes, in float32: every sentence from zero, without boundaries.

    Returns:
        A graph of character_ids int32 `(batch, tokens, characters)`, or token_ids int32 `(batch,
        tokens)`, and padding_mask bool `(batch, tokens)` → features float32 `(batch, tokens,
        layers + 1, 2P)`, zero where padded.

    Raises:
        ValueError: the encoder is no biLM.
    """
    check_encoder(config)
    graph, sizes = SentenceGraph("float32"), take_config(BackboneConfig, {**config})
    size, count = sizes.projection_dim, sizes.num_layers
    ids = "token_ids" if sizes.reads_words_alone else "character_ids"
    shape = ["batch", "tokens", *sizes.id_shape[1:]]
    marks = np.array(sizes.boundary_ids(), np.int32)
    words, bos, eos = graph.words_and_boundaries(config, arrays, ids, marks)  # (tokens, batch, P)
    layers = graph.elmo_layers(config, arrays, words, (bos, eos), graph.lengths("padding_mask"))
    axis = graph.integers(2)
    joined = [graph("Unsqueeze", layer, axis) for layer in layers]
    features = graph("Transpose", graph("Concat", *joined, axis=2), perm=[1, 0, 2, 3])
    real = graph("Unsqueeze", "padding_mask", graph.integers(2, 3))
    graph("Where", real, features, graph.constant(np.float32(0)), name="features")
    inputs = [
        helper.make_tensor_value_info(ids, TensorProto.INT32, shape),
        helper.make_tensor_value_info("padding_mask", TensorProto.BOOL, shape[:2]),
    ]
    return graph.model(inputs, [float_value("features", "batch", "tokens", count + 1, 2 * size)])
