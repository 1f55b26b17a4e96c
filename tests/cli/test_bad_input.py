"""Bad input: one clear message, exit code 1, nothing written and nothing lost."""

import json
import shutil
from collections import namedtuple

import pytest

ROWS = "text,label\n"
TRAINING = [  # file name, bytes, what the message says
    ("none.csv", None, "no such file"),
    ("empty.csv", b"", "holds no rows"),
    ("column.csv", b"review,label\na,x\nb,y\n", "must be one of review, label. Received: 'text'"),
    ("one.csv", b"text,label\na,x\nb,x\n", "at least two different labels. Received: 'x' only"),
    ("sentence.csv", b"text,label\na,x\n ,y\n", "sentence.csv:3: the text is empty"),
    ("latin.csv", "text,label\ncafé,x\n".encode("latin-1"), "latin.csv:2: not valid UTF-8"),
    ("short.conll", b"Ada B-PER\nlives\n", "short.conll:2: expected 2 columns"),
    ("short.jsonl", b'{"tokens": ["a", "b"], "tags": ["O"]}\n', "short.jsonl:1: expected a tag"),
    ("plain.txt", b"some text\n", "csv, tsv, jsonl, conll or parquet"),
]


@pytest.mark.parametrize(("name", "content", "message"), TRAINING, ids=[x[0] for x in TRAINING])
def test_training_data(run, tiny, tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert message in run("train", name, "-o", "model", "--preset", tiny, code=1).stderr
    assert not list(tmp_path.glob("model*"))


@pytest.fixture(scope="module")
def trained(tiny, tmp_path_factory):
    from keras_elmo.tasks.texts.text_classifier import ElmoTextClassifier

    folder = tmp_path_factory.mktemp("trained") / "model"
    classifier = ElmoTextClassifier.from_preset(tiny, labels=["neg", "pos"], lstm_units=4)
    classifier.save_to_preset(folder)
    return folder


@pytest.fixture
def model(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "model")


def test_label_unseen_in_training(run, tiny, reviews, model, tmp_path):
    (tmp_path / "new.csv").write_text("text,label\na film,pos\nanother,neutral\n")
    message = "new.csv:3: the model knows the labels neg, pos. Received: 'neutral'"
    assert message in run("evaluate", model, "new.csv", code=1).stderr
    arguments = ("train", reviews, "--dev", "new.csv", "-o", "other", "--preset", tiny)
    assert message in run(*arguments, code=1).stderr


def test_long_sentence_and_long_token(run, model):
    result = run("predict", model, "-", stdin="word " * 5000 + "\n" + "x" * 300 + "\n")
    assert len(result.stdout.splitlines()) == 2


def test_model_folders(run, tiny, model, tmp_path):
    assert "no trained task" in run("predict", tiny, "-", code=1, stdin="a").stderr
    assert "neither" in run("predict", "nothing", "-", code=1, stdin="a").stderr
    (model / "task.weights.h5").write_bytes(b"broken")
    assert (
        "task.weights.h5: must be an HDF5 file"
        in run("predict", model, "-", code=1, stdin="a").stderr
    )


def embed(run, tmp_path, *arguments):
    (tmp_path / "tokens.txt").write_text("a b\n")
    shown = run("embed", "tokens.txt", *arguments, code=1).stderr
    assert not list(tmp_path.glob("*unfinished*"))
    return shown


def test_weights_and_options(run, tiny, tmp_path):
    weights, options = tiny.parent / "weights.hdf5", tiny.parent / "options.json"
    assert "--options None" in embed(run, tmp_path, "--weights", weights, "-o", "out.h5")
    (tmp_path / "weights.hdf5").write_bytes(b"nonsense")
    files = ("--weights", "weights.hdf5", "--options", options)
    assert "must be an HDF5 file" in embed(run, tmp_path, *files, "-o", "out.h5")
    changed = json.loads(options.read_text())
    changed["lstm"]["dim"] = 7
    (tmp_path / "options.json").write_text(json.dumps(changed))
    files = ("--weights", weights, "--options", "options.json")
    shown = embed(run, tmp_path, *files, "-o", "out.h5")
    assert "misshapen" in shown
    assert "options.json" in shown


def test_outputs_of_embed(run, tiny, tmp_path):
    arguments = ("--preset", tiny, "-o")
    assert "no folder nowhere" in embed(run, tmp_path, *arguments, "nowhere/out.h5")
    assert "is a folder" in embed(run, tmp_path, *arguments, tmp_path)
    (tmp_path / "out.h5").write_bytes(b"precious")
    assert "--overwrite" in embed(run, tmp_path, *arguments, "out.h5")
    assert (tmp_path / "out.h5").read_bytes() == b"precious"
    assert "from 0 to 2" in embed(run, tmp_path, *arguments, "new.h5", "--layers", "0,3")
    (tmp_path / "blank.txt").write_text("a\n\nb\n")
    shown = run("embed", "blank.txt", *arguments, "new.h5", code=1).stderr
    assert "blank.txt:2: empty sentence" in shown


def test_no_space_left(run, tiny, reviews, model, tmp_path, monkeypatch):
    before = (model / "task.weights.h5").read_bytes()
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**6, 10**6, 0))
    arguments = ("train", reviews, "-o", model, "--preset", tiny, "--epochs", "1", "--overwrite")
    assert "No space left on device" in run(*arguments, code=1).stderr
    assert "Free some space" in embed(run, tmp_path, "--preset", tiny, "-o", "out.h5")
    assert (model / "task.weights.h5").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "model",
        "reviews.csv",
        "tokens.txt",
    ]


def test_backend_that_is_not_there(tiny, tmp_path):
    import os
    import subprocess
    import sys

    code = "from keras_elmo.cli import main; main()"
    environment = os.environ | {"KERAS_BACKEND": "theano"}
    done = subprocess.run(
        [sys.executable, "-c", code, "convert", str(tiny), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 1
    assert "KERAS_BACKEND must name a Keras backend" in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback(tmp_path):
    from typer.testing import CliRunner

    from keras_elmo.cli import app

    arguments = ["train", str(tmp_path / "none.csv"), "-o", str(tmp_path / "model")]
    for debugging in (
        CliRunner().invoke(app, ["--debug", *arguments]),
        CliRunner().invoke(app, arguments, env={"KERAS_ELMO_DEBUG": "1"}),
    ):
        assert isinstance(debugging.exception, FileNotFoundError)
