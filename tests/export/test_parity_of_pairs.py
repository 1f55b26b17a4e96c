"""Exported models of pairs against the tasks in Keras: alone, and in batches of mixed lengths."""

from dataclasses import asdict

import keras
import numpy as np
import pytest

pytest.importorskip("onnxruntime")

from graph_support import assert_close
from support import small_backbone

import keras_elmo

PAIRS = [
    ("a man sleeps", "he rests"),
    ("two lost hours that I will never get back , I am sorry to say", "a man sleeps"),
    ("he rests", "Great"),
    ("a man sleeps", "a dull film with 3 good jokes and an unbelievably1990s end"),
    ("Great", "Great"),
]
WITH_WORDS = {
    "word_vocabulary": ["<S>", "</S>", "<UNK>", "a", "man", "film", "great"],
    "word_shapes": True,
}
VECTORS = {"word_embedding_dim": 3, "word_shape_dim": 2}
CLASSES = {"labels": ["n", "p", "q"], "hidden_units": 5}
CASES = {
    "shared": ("ElmoPairClassifier", CLASSES),
    "cross-attention": ("ElmoPairClassifier", {**CLASSES, "cross_attention": True} | VECTORS),
    "ordinal": ("ElmoPairClassifier", {**CLASSES, "ordinal": True, "pooling": "attention"}),
    "several": ("ElmoPairClassifier", {**CLASSES, "multi_label": True, "pooling": "last"}),
    "number": ("ElmoPairRegressor", {"hidden_units": 5, "pooling": "mean", "mix": "concat"}),
    "number across": (
        "ElmoPairRegressor",
        {"hidden_units": 5, "cross_attention": True, "mix_at_output": True},
    ),
    "layer norm": ("ElmoPairClassifier", {**CLASSES, "mix_layer_norm": True}),
}
ANSWERS = {
    "answers": {},
    "none in doubt": {"no_answer_threshold": 0.02, "mix": "mean", "mix_at_output": True},
    "windows": {"window": 7, "window_step": 3, "max_answer_length": 4, "lstm_units": [3, 5]},
    "words and shapes": VECTORS,
}
PASSAGE = "This agreement , made by Ada  and Bob , takes effect on 1 May 2020 .\nIt ends in 2021 ."
QUESTIONS = [
    ("When does it begin ?", PASSAGE),
    ("Who ?", "Ada"),
    ("Who signs it ?", PASSAGE),
    ("When does it end , if ever it does ?", "It ends in 2021 ."),
]


def make(kind, tokenizer="whitespace", **arguments):
    """A task with random weights."""
    keras.utils.set_random_seed(1)
    words = WITH_WORDS if arguments.keys() >= VECTORS.keys() else {}
    preprocessor = keras_elmo.ElmoPreprocessor(tokenizer, max_characters_per_token=8, **words)
    arguments = {"lstm_units": 4, "elmo_dropout": 0.3, "dropout": 0.3} | arguments
    task = getattr(keras_elmo, kind)(small_backbone()[0], preprocessor=preprocessor, **arguments)
    random = np.random.default_rng(2)
    for variable in task.trainable_variables:
        variable.assign(random.normal(scale=0.5, size=variable.shape))
    return task


def exported(task, folder):
    task.export(folder, format="onnx")
    model = keras_elmo.load_exported(folder)
    assert (model.kind, model.labels, model.view) == (task.kind, task.labels, task.view)
    return model


@pytest.mark.parametrize("name", CASES)
def test_pairs_are_those_of_keras(name, tmp_path):
    kind, arguments = CASES[name]
    task = make(kind, **arguments)
    if name == "number":
        task.target_mean, task.target_scale = 3.0, 2.0
    model = exported(task, tmp_path / "out")
    assert_close(model.predict(PAIRS), task.predict(PAIRS))
    expected = list(task.records(PAIRS))
    assert_close(list(model.records(PAIRS)), expected)
    assert_close(list(model.records(PAIRS[:1])), list(task.records(PAIRS[:1])))
    if name == "layer norm":  # there a text's numbers depend on its batch
        return
    for pair, record in zip(PAIRS, expected, strict=True):
        assert_close(list(model.records([pair])), [record])
    assert_close(list(model.records(PAIRS, batch_size=2)), expected)


def test_measures_and_mistakes_of_pairs(tmp_path):
    task = make("ElmoPairClassifier", **CLASSES)
    model, y = exported(task, tmp_path / "out"), ["n", "p", "q", "n", "n"]
    assert_close(model.report(PAIRS, y), task.report(PAIRS, y))
    assert_close(model.mistakes(PAIRS, y), task.mistakes(PAIRS, y))
    tokens = [(a.split(), b.split()) for a, b in PAIRS]
    assert model.predict_labels(tokens) == task.predict_labels(PAIRS)
    with pytest.raises(ValueError, match="the second text of pair 0 is empty"):
        model.predict([("a", "")])


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_those_of_keras(name, tmp_path):
    task = make("ElmoQuestionAnswerer", "words", modelling_units=3, **ANSWERS[name])
    model = exported(task, tmp_path / "out")
    expected = task.predict(QUESTIONS, n_best=3)
    found = model.predict(QUESTIONS, n_best=3)
    assert_close(list(map(asdict, found)), list(map(asdict, expected)))
    records = list(task.records(QUESTIONS))
    assert_close(list(model.records(QUESTIONS)), records)
    for question, record in zip(QUESTIONS, records, strict=True):
        assert_close(list(model.records([question], batch_size=1)), [record])
    y = [[(47, 57)], [(0, 3)], [], [(11, 15)]]
    rows = [
        {
            "question": q,
            "context": p,
            "answers": [{"text": p[a:b], "answer_start": a} for a, b in z],
        }
        for (q, p), z in zip(QUESTIONS, y, strict=True)
    ]
    assert_close(model.report(rows), task.report(QUESTIONS, y))
    assert_close(model.mistakes(QUESTIONS, y), task.mistakes(QUESTIONS, y))
