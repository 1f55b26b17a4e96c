"""Texts that are longer than any batch: nothing is cut, and ELMo runs in bounded memory."""

import keras
import numpy as np
import pytest

from keras_elmo import ElmoPairClassifier, ElmoTextClassifier, ElmoTokenClassifier
from keras_elmo.batching.batches import FEATURES
from keras_elmo.tasks import model_calls
from keras_elmo.tasks.model_calls import ModelCalls

SMALL = {"lstm_units": 4, "elmo_dropout": 0.0, "recurrent_dropout": 0.0, "dropout": 0.0}


def document(seed, length):
    words = ["a", "film", "plot", "bad", "good"]
    return np.random.default_rng(seed).choice(words, size=length).tolist()


# Several blocks of steps long, and long for these tests: more than 40 tokens.
DOCUMENTS = [document(0, 70), document(1, 7), document(2, 50), document(3, 3)]


@pytest.fixture(autouse=True)
def _long(monkeypatch):
    monkeypatch.setattr(model_calls, "_LONG", 40)


@pytest.fixture
def batches_seen(monkeypatch):
    """Return the names and lengths of all batches that a model is called on."""
    seen, call = [], ModelCalls.__call__

    def noted(self, batch):
        seen.append((FEATURES in batch, batch["padding_mask"].shape[1]))
        return call(self, batch)

    monkeypatch.setattr(ModelCalls, "__call__", noted)
    return seen


@pytest.mark.portable
def test_a_long_text_gets_what_the_whole_model_gives_for_it(backbone, preprocessor, batches_seen):
    keras.utils.set_random_seed(1)
    model = ElmoTextClassifier(
        backbone,
        preprocessor=preprocessor,
        labels=["x", "y"],
        pooling="attention",
        word_embedding_dim=3,
        **SMALL,
    )
    found = model.predict(DOCUMENTS)
    assert {length > 40 for on_features, length in batches_seen if on_features} == {True}
    assert {length > 40 for on_features, length in batches_seen if not on_features} == {False}
    for text, shares in zip(DOCUMENTS, found, strict=True):
        arrays = preprocessor([text])
        direct = model.predict_on_batch({name: arrays[name] for name in model.input})
        np.testing.assert_allclose(shares, direct[0], atol=1e-5)


def test_the_end_of_a_long_text_counts(backbone, preprocessor):
    # Far from the first words, and seen through the state that is carried from block to block.
    model = ElmoTextClassifier(
        backbone, preprocessor=preprocessor, labels=["x", "y"], pooling="last", **SMALL
    )
    text = DOCUMENTS[0]
    one, other = model.predict([text, [*text[:-1], "zzz"]])
    assert np.abs(one - other).max() > 1e-6


@pytest.mark.parametrize("kind", ["tags", "pairs"])
def test_other_tasks_alike(backbone, preprocessor, monkeypatch, kind):
    keras.utils.set_random_seed(1)
    if kind == "tags":
        model = ElmoTokenClassifier(
            backbone, preprocessor=preprocessor, labels=["O", "B-X", "I-X"], crf=True, **SMALL
        )
        texts = DOCUMENTS
    else:
        model = ElmoPairClassifier(backbone, preprocessor=preprocessor, labels=["x", "y"], **SMALL)
        texts = list(zip(DOCUMENTS, DOCUMENTS[::-1], strict=True))
    found = model.predict(texts)
    monkeypatch.setattr(model_calls, "_LONG", 10**6)
    for a, b in zip(found, model.predict(texts), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_long_texts_are_run_in_parts_that_fit_the_memory(backbone, preprocessor, monkeypatch):
    model = ElmoTextClassifier(backbone, preprocessor=preprocessor, labels=["x", "y"], **SMALL)
    whole = model.predict(DOCUMENTS)
    embedded, embed = [], ModelCalls.embed

    def noted(self, batches):
        embedded.append(sum(map(len, batches.sentences)))
        embed(self, batches)

    monkeypatch.setattr(ModelCalls, "embed", noted)
    monkeypatch.setattr(model_calls, "TOKENS_IN_MEMORY", 100)
    np.testing.assert_allclose(model.predict(DOCUMENTS), whole, atol=1e-6)
    assert embedded == [50, 70]


@pytest.mark.portable
def test_training_on_long_texts_is_that_of_the_whole_model(backbone, preprocessor):
    trained = []
    for cache in ("float32", False):
        keras.utils.set_random_seed(1)
        model = ElmoTextClassifier(backbone, preprocessor=preprocessor, labels=["x", "y"], **SMALL)
        x, y = DOCUMENTS[2:], ["x", "y"]
        trained.append(model.fit(x, y, epochs=2, cache=cache, verbose=0).history["loss"])
    np.testing.assert_allclose(*trained, rtol=1e-4)
