"""An exported model against the task in Keras: alone, and in padded batches of mixed lengths."""

from typing import Any, NamedTuple

import numpy as np
import pytest

pytest.importorskip("onnxruntime")

from graph_support import assert_close
from support import small_backbone

import keras_elmo
from keras_elmo.text.unicode_characters import MARKS, UnicodeCharacterEncoder
from keras_elmo.text.vocabulary import Vocabulary

TEXTS = [
    "a joy to watch",
    "",
    "two lost hours that I will never get back , I am sorry to say",
    "Great",
    "a dull film with 3 good jokes and an unbelievably1990s end",
]
WORDS = ["<S>", "</S>", "<UNK>", "a", "joy", "film", "great"]
CHARACTERS = [*MARKS, *"abcdefgé"]
ENCODER = UnicodeCharacterEncoder(CHARACTERS, Vocabulary(WORDS), 8)
BIO = ["O", "B-P", "I-P", "B-Q", "I-Q"]
BIOES = ["O", "B-P", "I-P", "E-P", "S-P"]
CLASSES = {"labels": ["n", "p", "q"]}


class Case(NamedTuple):
    """A task, what is changed after it is built, and its ELMo and preprocessor."""

    kind: str
    arguments: dict[str, Any]
    after: dict[str, Any] = {}
    elmo: dict[str, Any] = {}
    preprocessor: dict[str, Any] = {}


def classes(**arguments):
    return Case("ElmoTextClassifier", CLASSES | arguments)


WITH_WORDS = {"word_vocabulary": WORDS, "word_shapes": True}
CASES = {
    "max": classes(),
    "last": classes(pooling="last", mix_at_output=True),
    "mean": classes(pooling="mean", mix="concat"),
    "attention": classes(pooling="attention", mix="mean"),
    "top": classes(mix="top", lstm_units=[3, 5]),
    "layer 0": classes(mix=0),
    "layer norm": classes(mix_layer_norm=True, mix_at_output=True),
    "ordinal": classes(ordinal=True),
    "two ordered classes": classes(ordinal=True, labels=[1, 2]),
    "temperature": Case("ElmoTextClassifier", CLASSES, {"temperature": 1.7}),
    "several labels": Case(
        "ElmoTextClassifier",
        {**CLASSES, "multi_label": True},
        {"temperature": 0.6, "thresholds": [0.4, 0.5, 0.6]},
    ),
    "words and shapes": Case(
        "ElmoTextClassifier",
        {**CLASSES, "word_embedding_dim": 3, "new_words": 2, "word_shape_dim": 2},
        preprocessor=WITH_WORDS,
    ),
    "number": Case("ElmoTextRegressor", {}, {"target_mean": 3.0, "target_scale": 2.0}),
    "tags": Case("ElmoTokenClassifier", {"labels": ["X", "Y"], "mix_at_output": True}),
    "scheme": Case("ElmoTokenClassifier", {"labels": BIO, "crf": False}),
    "CRF": Case("ElmoTokenClassifier", {"labels": BIO}),
    "CRF of BIOES": Case("ElmoTokenClassifier", {"labels": BIOES}, preprocessor=WITH_WORDS),
    "CRF without a scheme": Case("ElmoTokenClassifier", {"labels": ["X", "Y"], "crf": True}),
    "columns": Case(
        "ElmoJointTagger",
        {
            "labels": {"slots": BIO, "pos": ["X", "Y"]},
            "sentence_labels": {"intent": ["u", "v"]},
            "pooling": "attention",
        },
    ),
    "an ELMo without clips": classes()._replace(
        elmo={"cell_clip": None, "projection_clip": None, "use_skip_connections": False}
    ),
    "an ELMo of tanh": classes()._replace(elmo={"activation": "tanh", "num_layers": 1}),
    "an ELMo of units": classes()._replace(elmo={"lstm_projection": False, "units": 4}),
    "an ELMo of words and characters": classes()._replace(
        elmo={
            "vocabulary_size": len(WORDS),
            "word_dim": 3,
            "num_characters": len(CHARACTERS) + 1,
            "boundaries": [ENCODER.bos.tolist(), ENCODER.eos.tolist()],
        },
        preprocessor={"vocabulary": WORDS, "characters": CHARACTERS},
    ),
    "an ELMo of words": classes()._replace(
        elmo={"vocabulary_size": len(WORDS), "char_filters": [], "num_highways": 0},
        preprocessor={"vocabulary": WORDS},
    ),
}


def make(name):
    """A task with random weights, transitions of a CRF among them."""
    import keras

    case = CASES[name]
    keras.utils.set_random_seed(1)
    arguments = {"lstm_units": 4, "elmo_dropout": 0.3, "dropout": 0.3} | case.arguments
    preprocessor = keras_elmo.ElmoPreprocessor(
        "whitespace", max_characters_per_token=8, **case.preprocessor
    )
    backbone = small_backbone(**case.elmo)[0]
    task = getattr(keras_elmo, case.kind)(backbone, preprocessor=preprocessor, **arguments)
    random = np.random.default_rng(2)
    for variable in task.trainable_variables:
        variable.assign(random.normal(scale=0.5, size=variable.shape))
    for attribute, value in case.after.items():
        setattr(task, attribute, value)
    return task


@pytest.mark.parametrize("name", CASES)
def test_outputs_and_labels_are_those_of_keras(name, tmp_path):
    task = make(name)
    task.export(tmp_path / "out", format="onnx")
    model = keras_elmo.load_exported(tmp_path / "out")
    assert (model.kind, model.labels, model.view) == (task.kind, task.labels, task.view)
    assert_close(model.predict(TEXTS), task.predict(TEXTS))
    assert_close(list(model.records(TEXTS)), list(task.records(TEXTS)))
    if hasattr(task, "predict_labels"):
        assert model.predict_labels(TEXTS) == task.predict_labels(TEXTS)
    if name == "layer norm":  # there a sentence's numbers depend on its batch
        assert_close(list(model.predict(TEXTS[:1])), list(task.predict(TEXTS[:1])))
        return
    together = list(model.records(TEXTS))
    for text, expected in zip(TEXTS, together, strict=True):
        assert_close(list(model.records([text])), [expected])
    assert_close(list(model.records(TEXTS, batch_size=2)), together)


@pytest.mark.parametrize("name", ["CRF", "columns"])
def test_annotations_are_those_of_keras(name, tmp_path):
    task = make(name)
    task.export(tmp_path / "out", format="onnx")
    model = keras_elmo.load_exported(tmp_path / "out")
    for x in (TEXTS, [text.split() for text in TEXTS]):
        assert_close(model.annotate(x), task.annotate(x))


@pytest.mark.parametrize("name", ["max", "several labels", "number", "CRF", "columns"])
def test_measures_and_mistakes_are_those_of_keras(name, tmp_path):
    task = make(name)
    task.export(tmp_path / "out", format="onnx")
    model = keras_elmo.load_exported(tmp_path / "out")
    texts = [text for text in TEXTS if text]
    tags = [["O"] * len(text.split()) for text in texts]
    y = {
        "max": ["n", "p", "q", "n"],
        "several labels": [["n"], [], ["p", "q"], ["n", "p"]],
        "number": [1.0, 2.0, 3.5, 4.0],
        "CRF": tags,
        "columns": [{"slots": own, "pos": ["X"] * len(own), "intent": "u"} for own in tags],
    }[name]
    assert_close(model.report(texts, y), task.report(texts, y))
    assert_close(model.mistakes(texts, y), task.mistakes(texts, y))
    assert list(model.file_formats) == list(task.file_formats)


def test_ngrams_have_their_say(tmp_path):
    from keras_elmo.runtime.ngram_bayes import NGramBayes

    task = make("max")
    tokens = [text.split() for text in TEXTS]
    task.ngrams = NGramBayes.fit(tokens * 2, np.array([0, 1, 2, 0, 1] * 2), 3)
    task.ngrams.weights = np.array([1.0, 0.5, 0.25])
    task.export(tmp_path / "out", format="onnx")
    found = keras_elmo.load_exported(tmp_path / "out").predict(TEXTS)
    np.testing.assert_allclose(found, task.predict(TEXTS), atol=1e-5)


@pytest.mark.parametrize("name", ["max", "CRF"])
def test_int8_is_near_and_smaller(name, tmp_path):
    task = make(name)
    for precision in ("float32", "int8"):
        task.export(tmp_path / precision, format="onnx", precision=precision)
    found = keras_elmo.load_exported(tmp_path / "int8").predict(TEXTS)
    for a, b in zip(found, task.predict(TEXTS), strict=True):
        np.testing.assert_allclose(a, b, atol=0.15)


def test_a_word_is_spelled_once(tmp_path):
    task = make("max")
    task.export(tmp_path / "out", format="onnx")
    model = keras_elmo.load_exported(tmp_path / "out")
    model.predict(TEXTS)
    words = len({word for text in TEXTS for word in text.split()})
    assert len(model.network.words) == words
    model.predict(TEXTS[::-1])
    assert len(model.network.words) == words


@pytest.mark.slow
def test_an_elmo_of_original_shape(tmp_path):
    from keras_elmo import ElmoBackbone, ElmoPreprocessor, ElmoTokenClassifier

    task = ElmoTokenClassifier(
        ElmoBackbone(), preprocessor=ElmoPreprocessor("whitespace"), labels=BIO, lstm_units=32
    )
    task.export(tmp_path / "out", format="onnx")
    model = keras_elmo.load_exported(tmp_path / "out")
    assert_close(model.predict(TEXTS), task.predict(TEXTS))
    assert model.predict_labels(TEXTS) == task.predict_labels(TEXTS)
