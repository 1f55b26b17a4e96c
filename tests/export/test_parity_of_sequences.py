"""Exported models that write sequences against the tasks in Keras: the same targets and scores."""

import keras
import numpy as np
import pytest

pytest.importorskip("onnxruntime")

from graph_support import assert_close
from support import small_backbone

import keras_elmo

SOURCES = [
    "a joy to watch",
    "two lost hours that I will never get back , I am sorry to say",
    "Great",
    "ab ba abba 1990s ab",
]
SYMBOLS = ["ab", "x", "joy", "never", "z"]
LETTERS = ["a", "b", "t", "x", " "]
SPELLED = {"source_characters": LETTERS, "character_dim": 3}
CASES = {
    "luong": {},
    "bahdanau": {"attention": "bahdanau", "mix_at_output": True},
    "copied words": {"copy": True},
    "copied characters": {"copy": True, "target": "characters", **SPELLED},
    "characters of words": {"attention": "bahdanau", "copy": True, **SPELLED},
    "words to characters": {"target": "characters", "scheduled_sampling": 0.2},
}
SEARCHES = [
    {"beam": 1},
    {"beam": 3, "n_best": 3, "length_penalty": 0.0},
    {"beam": 12, "n_best": 12, "max_length": 3},
    {"beam": 4, "n_best": 2, "length_penalty": 2.0},
]


def make(target="words", **arguments):
    """A task with random weights, of which the end is neither rare nor sure."""
    keras.utils.set_random_seed(1)
    preprocessor = keras_elmo.ElmoPreprocessor("whitespace", max_characters_per_token=8)
    symbols = SYMBOLS if target == "words" else LETTERS
    own = {"target_vocabulary": symbols, "target": target, "max_target_length": 6}
    own |= {"lstm_units": 4, "decoder_units": 4, "symbol_dim": 3, "dropout": 0.3}
    task = keras_elmo.ElmoSeq2Seq(
        small_backbone()[0], preprocessor=preprocessor, **own, **arguments
    )
    random = np.random.default_rng(2)
    for variable in task.trainable_variables:
        variable.assign(random.normal(scale=1.0, size=variable.shape))
    return task


def found(candidates):
    return [[tuple(one) for one in row] for row in candidates]


@pytest.mark.parametrize("name", CASES)
def test_targets_are_those_of_keras(name, tmp_path):
    task = make(**CASES[name])
    task.export(tmp_path / "out", format="onnx")
    model = keras_elmo.load_exported(tmp_path / "out")
    assert (model.kind, model.labels, model.view) == (task.kind, task.labels, task.view)
    for search in SEARCHES:
        expected = found(task.generate(SOURCES, **search))
        assert_close(found(model.generate(SOURCES, **search)), expected)
        one_by_one = [found(model.generate([source], **search))[0] for source in SOURCES]
        assert_close(one_by_one, expected)
    assert len({round(row[0][2], 3) for row in expected}) == len(SOURCES)
    assert model.predict(SOURCES, beam=2) == task.predict(SOURCES, beam=2)
    assert model.predict_labels(SOURCES) == task.predict_labels(SOURCES)
    assert_close(list(model.records(SOURCES, n_best=2)), list(task.records(SOURCES, n_best=2)))


def test_measures_mistakes_and_bad_input(tmp_path):
    task = make(copy=True)
    task.export(tmp_path / "out", format="onnx")
    model = keras_elmo.load_exported(tmp_path / "out")
    y = ["joy x", "never", "Great", "unknown z"]
    assert_close(model.report(SOURCES, y, beam=2), task.report(SOURCES, y, beam=2))
    assert_close(model.mistakes(SOURCES, y), task.mistakes(SOURCES, y))
    with pytest.raises(ValueError, match="source 1 is empty"):
        model.generate(["a", ""])
    with pytest.raises(ValueError, match="`n_best` must be from 1 to `beam`"):
        model.generate(["a"], beam=1, n_best=2)
