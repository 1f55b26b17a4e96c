"""An ELMo as one ONNX model gives what its backbone gives, whatever it reads."""

import json

import numpy as np
import pytest
from support import random_variables, shared_file, small_config

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.weights.detection import load_elmo
from keras_elmo.weights.sources.published import PublishedElmo

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from keras_elmo.embedding.engines.onnx_model import save_onnx  # noqa: E402

WORDS = ["<S>", "</S>", "<UNK>", "profit", "rose", "."]
SENTENCES = [["profit", "rose", "sharply", "."], [], ["."], ["a", "much", "longer", "rose", "."]]


def check(elmo, path):
    """Compare on sentences of different lengths, one of them without words, then on one alone."""
    save_onnx(elmo, path)
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    backbone = ElmoBackbone.from_preset(elmo)
    preprocessor = ElmoPreprocessor.from_preset(elmo)
    for sentences in (SENTENCES, SENTENCES[:1]):
        batch = preprocessor(sentences)
        (features,) = session.run(None, batch)
        expected = backbone.predict_on_batch(batch)
        assert features.shape == expected.shape
        np.testing.assert_allclose(features, expected, atol=1e-6, rtol=1e-5)
    properties = session.get_modelmeta().custom_metadata_map
    assert json.loads(properties["config"]) == elmo.config
    assert json.loads(properties["words"]) == elmo.words


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"num_layers": 1, "forget_bias": 0.0, "cell_clip": None, "activation": "tanh"},
        {"use_skip_connections": False, "lstm_projection": False, "projection_dim": 6},
        {"vocabulary_size": 6, "char_filters": [], "num_highways": 0},
    ],
    ids=["characters", "one layer", "no projection", "words"],
)
def test_like_the_backbone(changes, tmp_path):
    config = small_config(**changes)
    words = WORDS if config["vocabulary_size"] else None
    check(PublishedElmo("", config, random_variables(config), words), tmp_path / "elmo.onnx")


def test_words_and_characters(tmp_path):
    check(
        load_elmo(shared_file("data/golden/elmoformanylangs/cnn_elmo_word_char")),
        tmp_path / "elmo.onnx",
    )


def test_no_bilm(tmp_path):
    elmo = load_elmo(shared_file("data/golden/elmoformanylangs/cnn_lstm_word_char"))
    with pytest.raises(ValueError, match="encoder 'bilstm'"):
        save_onnx(elmo, tmp_path / "elmo.onnx")
    assert not list(tmp_path.iterdir())
