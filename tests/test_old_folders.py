"""Folders that version 0.1.0 wrote before its rooms were rebuilt load, and what it began goes on.

`old/before_rooms.tar.xz` holds them, with what the models predicted then in `expected.json`. Their
ELMo is tiny and random; tasks were trained for one epoch on the cases of `every_task.py`.
"""

import json
import tarfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from typer.testing import CliRunner

import keras_elmo
from keras_elmo.cli import app
from keras_elmo.tasks.loading import load_task

ARCHIVE = Path(__file__).parent / "old" / "before_rooms.tar.xz"
TASKS = {
    "text_classifier": "ElmoTextClassifier",
    "token_classifier": "ElmoTokenClassifier",
    "joint_tagger": "ElmoJointTagger",
    "seq_2_seq": "ElmoSeq2Seq",
    "question_answerer": "ElmoQuestionAnswerer",
    "pair_classifier": "ElmoPairClassifier",
    "text_regressor": "ElmoTextRegressor",
}
TRAIN = "train reviews.csv -o training --preset preset --lstm-units 2 --epochs 40 --patience 40"


def unpacked(folder):
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder / "before_rooms"


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """Return the folder of what was written then."""
    return unpacked(tmp_path_factory.mktemp("old"))


@pytest.fixture
def expected(old):
    return json.loads((old / "expected.json").read_text())


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a command on a copy of what was written then."""
    monkeypatch.chdir(unpacked(tmp_path))

    def invoke(line):
        result = CliRunner().invoke(app, line.split())
        assert result.exit_code == 0, (result.exception, result.output)
        return result.output

    return invoke


def assert_same(found, expected):
    """Compare what `predict` gives with what JSON made of it."""
    if hasattr(found, "_asdict"):
        found = found._asdict()
    elif hasattr(found, "__dataclass_fields__"):
        found = {name: getattr(found, name) for name in found.__dataclass_fields__}
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert_same(found[name], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, float):
        np.testing.assert_allclose(found, expected, atol=3e-5)
    else:
        assert found == expected


@pytest.mark.portable
def test_preset(old, expected):
    backbone = keras_elmo.ElmoBackbone.from_preset(old / "preset")
    preprocessor = keras_elmo.ElmoPreprocessor.from_preset(old / "preset")
    features = backbone.predict(preprocessor(expected["preset"]["x"]), verbose=0)
    assert_same(features, expected["preset"]["y"])


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=[pytest.mark.portable] * (k == "joint_tagger")) for k in TASKS]
)
def test_tasks(kind, old, expected):
    task = load_task(old / kind)
    assert type(task).__name__ == TASKS[kind]
    assert_same(task.predict(expected[kind]["x"]), expected[kind]["y"])


def test_a_keras_file(old, expected):
    task = keras.saving.load_model(old / "text_classifier.keras")
    assert_same(task.predict(expected["text_classifier"]["x"]), expected["text_classifier"]["y"])


def test_a_search_goes_on(run):
    before = Path("search/trials.csv").read_text().splitlines()
    run(
        "tune reviews.csv -o search --preset preset --trials 3 --epochs 1 --space space.py "
        "--resume --quiet --elmo-dropout 0.5 --recurrent-dropout 0"  # the defaults of that time
    )
    after = Path("search/trials.csv").read_text().splitlines()
    assert before[0].replace("score", "val_accuracy") == after[0]  # it is named by now
    assert after[1 : len(before)] == before[1:]
    assert len(after) == len(before) + 1
    run("predict search/best reviews.csv -o predictions.csv")


def test_embeddings_go_on(run):
    done = np.fromfile("features.npy.unfinished/rows.bin", "float32").reshape(-1, 8)
    run("embed sentences.txt -o features.npy --preset preset --layers top --pool mean --quiet")
    features = np.load("features.npy")
    assert features.shape == (4110, 8)
    np.testing.assert_array_equal(features[:4096], done)
    np.testing.assert_allclose(features[4096:], done[46:60], atol=1e-5)  # every 50th is the same
    assert not Path("features.npy.unfinished").exists()


@pytest.mark.slow
def test_a_training_goes_on(run):
    then = "--learning-rate 1e-3 --elmo-dropout 0.5 --recurrent-dropout 0"  # by default
    run(f"{TRAIN} {then} --fine-tune slight --quiet --resume")
    found, whole = (arrays(f"{name}/task.weights.h5") for name in ("training", "training_whole"))
    assert found.keys() == whole.keys()
    for name, array in whole.items():
        np.testing.assert_allclose(found[name], array, atol=1e-4, err_msg=name)
    assert not Path("training.checkpoint").exists()


def arrays(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, x: found.update({name: x[()]} if hasattr(x, "dtype") else {}))
    return found


def test_a_pretraining_goes_on(run):
    run(
        "pretrain corpus.txt -o pretraining --units 8 --projection-dim 4 --filters 1:4,2:4 "
        "--vocabulary-size 10 --tokens 1200 --resume"
    )
    history = Path("pretraining/history.csv").read_text().splitlines()
    assert history[1].startswith("1,600,")
    keras_elmo.ElmoBackbone.from_preset("pretraining/preset")
