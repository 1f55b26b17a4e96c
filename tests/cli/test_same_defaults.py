"""Python and the command line build and train the same model by default, with the same seed."""

import json

import keras
import numpy as np
import pytest
from support import small_backbone, to_numpy

import keras_elmo
from keras_elmo._values import SEED
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.pretraining.export import export_preset
from keras_elmo.tasks.loading import load_task
from keras_elmo.tasks.tagging.token_classifier import ElmoTokenClassifier
from keras_elmo.text.tags import convert_tags
from keras_elmo.text.vocabulary import MARKS

PASSAGE = "Ada signs the agreement on Monday ."
QUESTIONS = [("Who signs it ?", PASSAGE), ("When ?", PASSAGE), ("Why ?", PASSAGE)] * 4
ANSWERS = [[(0, 3)], [(27, 33)], []] * 4


def texts(folder):
    """A classifier."""
    rows = [("a good film", "pos"), ("a bad film", "neg"), ("great", "pos"), ("dull", "neg")] * 3
    lines = ["text,label", *(f"{text},{label}" for text, label in rows)]
    (folder / "data.csv").write_text("\n".join(lines) + "\n")
    x, y = zip(*rows, strict=True)
    return "data.csv", keras_elmo.ElmoTextClassifier, {"labels": ["neg", "pos"]}, x, y


def tags(folder):
    """A tagger, whose tags mark spans: a file's are converted, Python's stay as they are."""
    x = [["Ada", "lives", "in", "Rome"], ["Grace", "left"]] * 4
    y = [["B-PER", "O", "O", "B-LOC"], ["B-PER", "O"]] * 4
    blocks = ["".join(map("{} {}\n".format, *pair)) for pair in zip(x, y, strict=True)]
    (folder / "data.conll").write_text("\n".join(blocks))
    labels = ["O", *sorted(f"{part}-{name}" for part in "BIES" for name in ("LOC", "PER"))]
    y = [convert_tags(tags, "BIOES") for tags in y]
    return "data.conll", ElmoTokenClassifier, {"labels": labels}, x, y


def questions(folder):
    """A reader, whose answers are short."""
    rows = [
        {
            "id": str(i),
            "question": question,
            "answers": [{"text": passage[a:b], "answer_start": a} for a, b in spans],
            "is_impossible": not spans,
        }
        for i, ((question, passage), spans) in enumerate(zip(QUESTIONS, ANSWERS, strict=True))
    ]
    paragraphs = [{"context": PASSAGE, "qas": rows}]
    file = {"version": "2.0", "data": [{"title": "", "paragraphs": paragraphs}]}
    (folder / "data.json").write_text(json.dumps(file))
    return "data.json", keras_elmo.ElmoQuestionAnswerer, {}, QUESTIONS, ANSWERS


def same(run, folder, preset, kind):
    """Train both ways and compare; returns what Python built."""
    name, task_class, arguments, x, y = kind(folder)
    run("train", name, "-o", "model", "--preset", preset, "--dev-split", 0, "--epochs", 2, "-q")
    trained = load_task(folder / "model")

    keras.utils.set_random_seed(SEED)
    task = task_class.from_preset(preset, **arguments)
    task.fit(x, y, epochs=2, verbose=0)

    ours, theirs = (model.get_config() | {"name": ""} for model in (task, trained))
    assert ours == theirs
    for a, b in zip(task.weights, trained.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(a), to_numpy(b), err_msg=a.path)
    return task


@pytest.mark.parametrize("kind", [texts, tags, questions])
def test_the_default_model(run, tiny, tmp_path, kind):
    assert same(run, tmp_path, tiny, kind).word_vectors is None


def test_the_default_model_of_a_preset_with_its_language_model(run, tmp_path):
    words = [*MARKS, "good", "bad", "film"]
    model = ElmoLanguageModel(small_backbone(max_characters_per_token=50)[0], len(words))
    export_preset(model, tmp_path / "elmo", vocabulary=words)
    assert same(run, tmp_path, tmp_path / "elmo", texts).word_vectors is not None
