"""`keras-elmo export`, and `predict`, `evaluate` and `info` on what it wrote."""

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

pytest.importorskip("onnxruntime")

from every_task import make_task

from keras_elmo.cli import app

CODE = (
    "import sys; from keras_elmo.cli import app; code = app(sys.argv[1:], standalone_mode=False); "
    "loaded = {'keras', 'tensorflow', 'torch', 'jax', 'h5py'} & set(sys.modules); "
    "print(code, *loaded, file=sys.stderr)"
)


def ke(*arguments):
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A model folder and its export."""
    folder = tmp_path_factory.mktemp("models")
    make_task("classes").save_to_preset(folder / "model")
    record = {"text": "review"}
    (folder / "model" / "data.json").write_text(json.dumps(record))
    ke("export", folder / "model", folder / "out", "--quiet")
    return folder / "model", folder / "out"


@pytest.fixture
def reviews_file(tmp_path):
    path = tmp_path / "reviews.csv"
    rows = ["a joy to watch,p", '"two lost hours, at least",n', "great,p", "dull,n"]
    path.write_text("\n".join(["review,label", *rows]) + "\n")
    return path


def alike(a, b):
    """The same words, and numbers to the sixth digit or so."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(alike(a[name], b[name]) for name in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(alike, a, b))
    return a == pytest.approx(b, abs=2e-6) if isinstance(a, float) else a == b


def test_predictions_are_those_of_the_model(folders, reviews_file):
    model, out = folders
    found, expected = (
        [json.loads(line) for line in ke("predict", folder, reviews_file).splitlines()]
        for folder in (out, model)
    )
    assert [record["line"] for record in found] == [2, 3, 4, 5]
    assert alike(found, expected)
    assert "p" in ke("predict", out, reviews_file, "--pretty")


def test_measures_and_mistakes_are_those_of_the_model(folders, reviews_file):
    model, out = folders
    for folder in folders:
        ke("evaluate", folder, reviews_file)
    for name in ("evaluation.json", "errors.jsonl"):
        found, expected = (
            [json.loads(line) for line in (folder / name).read_text().splitlines()]
            if name.endswith("jsonl")
            else json.loads((folder / name).read_text())
            for folder in (out, model)
        )
        if isinstance(found, dict):
            assert found.pop("model") != expected.pop("model")
        assert alike(found, expected)
    assert "onnx" in ke("info", out).lower()
    ke("predict", out, reviews_file)  # what was written beside changes nothing


def test_commands_need_no_keras(folders, reviews_file, tmp_path):
    for arguments in (
        ["predict", folders[1], reviews_file],
        ["evaluate", folders[1], reviews_file, "-o", tmp_path / "scores.json"],
        ["info", folders[1]],
    ):
        run = [sys.executable, "-c", CODE, *map(str, arguments)]
        done = subprocess.run(run, capture_output=True, text=True, check=True)
        assert done.stderr.splitlines()[-1] == "None", done.stderr  # it ended well, none is loaded


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["export", "model", "out"], "exists already"),
        (["export", "out", "new"], "holds an exported model"),
        (["export", "nothing", "new"], "Received: 'nothing'"),
        (
            ["export", "model", "new", "--to", "saved-model", "--precision", "int8"],
            "are for --to o",
        ),
        (
            ["train", "reviews.csv", "--dev", "reviews.csv", "-o", "m", "--start-from", "out"],
            "holds an exported model",
        ),
    ],
)
def test_what_cannot_be_is_told(folders, reviews_file, arguments, told, monkeypatch):
    monkeypatch.chdir(folders[0].parent)
    (folders[0].parent / "reviews.csv").write_bytes(reviews_file.read_bytes())
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert told in result.output


@pytest.mark.skipif(os.environ["KERAS_BACKEND"] != "tensorflow", reason="it is TensorFlow's")
def test_a_saved_model_gives_the_numbers_of_the_task(folders, tmp_path):
    import numpy as np
    import tensorflow as tf

    from keras_elmo.tasks.loading import load_task

    ke("export", folders[0], tmp_path / "saved", "--to", "saved-model", "--quiet")
    task = load_task(folders[0])
    arrays = task.preprocessor(["a joy to watch", "great"])
    saved = tf.saved_model.load(tmp_path / "saved")  # which its functions do not keep alive
    found = saved.serve(arrays).numpy()
    np.testing.assert_allclose(found, task.predict(["a joy to watch", "great"]), atol=1e-5)
