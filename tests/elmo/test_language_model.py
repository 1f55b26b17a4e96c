"""The language model's losses, by the NumPy ELMo and a softmax by hand."""

import keras
import numpy as np
import pytest
from oracle import bilm, character_ids, token_embeddings
from support import gradients, small_backbone, to_numpy

from keras_elmo.elmo.language_model import ElmoLanguageModel

V = 7
SENTENCES = [["a", "dog", "barks"], ["a", "cat", "dog"]]
TYPES, _ = character_ids([["a", "dog", "barks", "cat"]], 8)  # <S>, four words, </S>
INDEX = np.array([[0, 1, 2, 3, 5], [0, 1, 4, 2, 5]], dtype="int32")
TARGETS = np.array([0, 3, 4, 5, 2, 1], dtype="int32")[INDEX]  # "cat" is unknown to the softmax
READ = np.stack([INDEX[:, :-1], INDEX[:, 1:]])
PREDICTED = np.stack([TARGETS[:, 1:], TARGETS[:, :-1]])
BATCH = {"type_characters": (TYPES[0],), "type_index": READ, "targets": PREDICTED}
SAMPLED = BATCH | {
    "candidates": np.arange(V, dtype="int32"),
    "candidate_log_counts": np.zeros(V, "float32"),
    "target_log_counts": np.zeros(PREDICTED.shape, "float32"),
}


def language_model():
    backbone, config, variables = small_backbone()
    return ElmoLanguageModel(backbone, V), config, variables


@pytest.mark.portable
def test_losses_by_hand():
    model, config, variables = language_model()
    variables = {path: array.astype("float64") for path, array in variables.items()}
    ids, lengths = character_ids(SENTENCES, 8)
    top = bilm(config, variables, token_embeddings(config, variables, ids), lengths)[0][-1]
    kernel, bias = (weight.astype("float64") for weight in model.softmax.get_weights())

    def loss(hidden, target):
        logits = hidden @ kernel.T + bias
        return np.log(np.exp(logits).sum(-1)) - np.take_along_axis(logits, target, -1)[..., 0]

    forward = loss(top[:, :-1, :4], TARGETS[:, 1:, None])  # the next word
    backward = loss(top[:, 1:, 4:], TARGETS[:, :-1, None])  # the previous word
    losses = to_numpy(model(BATCH))
    np.testing.assert_allclose(losses, [forward, backward], atol=1e-5)
    np.testing.assert_allclose(to_numpy(model(SAMPLED)), losses, atol=1e-5)
    assert float(model.compute_loss(y_pred=losses)) == pytest.approx(losses.mean())


def test_every_variable_learns():
    model, *_ = language_model()
    found = gradients(lambda: keras.ops.mean(model(SAMPLED)), model.trainable_variables)
    for variable, gradient in zip(model.trainable_variables, found, strict=True):
        assert gradient is not None, variable.path
        assert gradient.any(), variable.path


@pytest.mark.portable
def test_keras_file(tmp_path):
    model, *_ = language_model()
    model.save(tmp_path / "lm.keras")
    loaded = keras.saving.load_model(tmp_path / "lm.keras")
    np.testing.assert_array_equal(to_numpy(loaded(BATCH)), to_numpy(model(BATCH)))
