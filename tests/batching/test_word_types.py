"""A batch's words, each spelt once: the features and the training of whole rows."""

import keras
import numpy as np
import pytest
from keras import ops
from support import small_backbone, to_numpy

from keras_elmo import ElmoPreprocessor, ElmoTextClassifier
from keras_elmo.batching.word_types import INDEX, TYPES, WordTypes, features_of_types
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.weights.detection import load_elmo

SENTENCES = [["a", "bb", "a", "overlongword"], [], ["bb"], ["ccc", "a", "日本"]]


@pytest.mark.portable
def test_features():
    backbone = small_backbone()[0]
    preprocessor = ElmoPreprocessor("whitespace", max_characters_per_token=8)
    batch = preprocessor(SENTENCES)
    arrays = WordTypes(backbone, preprocessor).encode(SENTENCES, 4)
    found = features_of_types(backbone, arrays[TYPES], arrays[INDEX], batch["padding_mask"])
    expected = backbone.predict_on_batch(batch)
    np.testing.assert_allclose(to_numpy(found), expected, atol=1e-6)
    rows = arrays[INDEX]
    assert rows[0, 1] == rows[0, 3] == rows[3, 2]  # "a"
    assert arrays[TYPES].shape[1] <= 8 or keras.config.backend() == "jax"


def test_words_and_characters():
    from support import shared_file

    elmo = load_elmo(shared_file("data/golden/elmoformanylangs/cnn_elmo_word_char"))
    backbone = ElmoBackbone.from_preset(elmo)
    preprocessor = ElmoPreprocessor.from_preset(elmo)
    batch = preprocessor(SENTENCES)
    arrays = WordTypes(backbone, preprocessor).encode(SENTENCES, 4)
    found = features_of_types(backbone, arrays[TYPES], arrays[INDEX], batch["padding_mask"])
    np.testing.assert_allclose(to_numpy(found), backbone.predict_on_batch(batch), atol=1e-6)


@pytest.mark.portable
def test_training_is_the_same(preprocessor, reviews):
    """`fit` on sentences, and on Keras's way with whole rows of characters."""
    trained = []
    for plain in (False, True):
        keras.utils.set_random_seed(1)
        model = ElmoTextClassifier(
            small_backbone()[0],
            labels=["negative", "positive"],
            preprocessor=preprocessor,
            trainable_elmo=True,
            lstm_units=4,
            elmo_dropout=0.0,
            recurrent_dropout=0.0,
            dropout=0.0,
        )
        model.compile(keras.optimizers.SGD(0.1))
        if plain:
            model.fit(model.batches(*reviews, batch_size=8), shuffle=False, epochs=2, verbose=0)
        else:
            model.fit(*reviews, batch_size=8, shuffle=False, epochs=2, verbose=0)
        trained.append({v.path: ops.convert_to_numpy(v.value) for v in model.trainable_variables})
    for path in trained[0]:
        np.testing.assert_allclose(trained[0][path], trained[1][path], atol=1e-5, err_msg=path)
