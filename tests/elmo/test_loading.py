"""One reading of published files gives a backbone, its preprocessor and a task on both."""

import h5py
import numpy as np
import pytest
from support import random_variables, small_backbone, small_config

from keras_elmo import ElmoBackbone, ElmoPreprocessor, ElmoTextClassifier, load_elmo
from keras_elmo.elmo.loading import load_backbone_and_preprocessor
from keras_elmo.weights import WeightsError, save_bilm_tf

SENTENCES = ["a joy to watch", "great"]
HEAD = {"labels": ["n", "p"], "lstm_units": 2, "mix": "concat"}


@pytest.fixture
def files(tmp_path):
    """Return weights, and options that do not lie beside them; with the features of the ELMo."""
    backbone, *_ = small_backbone()
    (tmp_path / "elsewhere").mkdir()
    weights, options = tmp_path / "weights.hdf5", tmp_path / "elsewhere/options.json"
    backbone.save_hdf5(weights, options)
    batch = ElmoPreprocessor(max_characters_per_token=8)(SENTENCES)
    return weights, options, backbone.predict_on_batch(batch)


def test_options_that_lie_elsewhere(files):
    weights, options, expected = files
    with pytest.raises(FileNotFoundError, match="expected its options file"):
        ElmoBackbone.from_preset(weights)
    for elmo in (weights, load_elmo(weights, options=options)):
        backbone, preprocessor = load_backbone_and_preprocessor(
            elmo, options=options, tokenizer="whitespace", dropout=0.5
        )
        assert backbone.config.dropout == 0.5
        assert preprocessor.tokenizer.name == "whitespace"
        np.testing.assert_array_equal(backbone.predict_on_batch(preprocessor(SENTENCES)), expected)
    alone = ElmoPreprocessor.from_preset(weights, options=options, word_shapes=True)
    assert (alone.tokenizer.name, alone.max_characters_per_token) == ("words", 8)
    assert alone.word_shapes


def test_a_task_on_published_files(files):
    weights, options, expected = files
    task = ElmoTextClassifier.from_preset(weights, options=options, word_vectors=None, **HEAD)
    batch = task.preprocessor(SENTENCES)
    np.testing.assert_array_equal(task.backbone.predict_on_batch(batch), expected)
    untrained = ElmoTextClassifier.from_preset(
        weights, options=options, load_weights=False, word_vectors=None, **HEAD
    )
    assert np.abs(untrained.backbone.predict_on_batch(batch) - expected).max() > 0


def test_words_and_their_vectors_that_lie_elsewhere(tmp_path):
    config = small_config(vocabulary_size=5, char_filters=[], num_highways=0)
    variables = random_variables(config)
    files = tmp_path / "weights.hdf5", tmp_path / "options.json"
    save_bilm_tf(config, variables, *files)
    words = ["<S>", "</S>", "<UNK>", "a", "joy"]
    (tmp_path / "words.txt").write_text("\n".join(words) + "\n")
    with pytest.raises(WeightsError, match="needs its vocabulary"):
        load_backbone_and_preprocessor(files[0])
    elmo = load_elmo(files[0], vocabulary=tmp_path / "words.txt")
    backbone, preprocessor = load_backbone_and_preprocessor(elmo)
    assert list(preprocessor.vocabulary.tokens) == words
    expected = backbone.predict_on_batch(preprocessor(["a joy"]))

    with h5py.File(files[0], "a") as file:  # the words' vectors in a file of their own
        vectors = file["embedding"][...]
        del file["embedding"]
    with h5py.File(tmp_path / "vectors.hdf5", "w") as file:
        file["embedding"] = vectors
    elmo = load_elmo(
        files[0], embedding=tmp_path / "vectors.hdf5", vocabulary=tmp_path / "words.txt"
    )
    backbone = ElmoBackbone.from_preset(elmo)
    np.testing.assert_array_equal(backbone.predict_on_batch(preprocessor(["a joy"])), expected)
