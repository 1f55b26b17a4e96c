"""What is wrong with an exported folder is told by the file's name."""

import json
import subprocess
import sys

import pytest

pytest.importorskip("onnxruntime")

from every_task import make_task

import keras_elmo


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "out"
    make_task("CRF").export(folder, format="onnx")
    return folder


@pytest.fixture
def folder(exported, tmp_path):
    """A copy of it to damage."""
    for path in exported.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def change(folder, **entries):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def settings(folder, **entries):
    return json.loads((folder / "manifest.json").read_text())["settings"] | entries


def crf_of(folder, tags):
    zeros = [0.0] * tags
    return {"tags": {"start": zeros, "transitions": [zeros] * tags, "end": zeros}}


DAMAGES = {  # what is done to the folder, what is told
    "newer": (
        lambda f: change(f, schema=2),
        r"manifest\.json: 'schema' must be 1 at most.*Upgrade",
    ),
    "no schema": (lambda f: change(f, schema=None), r"manifest\.json: 'schema' must be 1"),
    "kind": (lambda f: change(f, kind="music"), r"manifest\.json: 'kind' must be one of.*'music'"),
    "no object": (
        lambda f: (f / "manifest.json").write_text("[]"),
        r"manifest\.json: must be a JS",
    ),
    "half": (
        lambda f: (f / "manifest.json").write_text("{"),
        r"manifest\.json: must be valid JSON",
    ),
    "no files": (lambda f: change(f, files={}), r"manifest\.json: 'files' must name model\.onnx"),
    "missing": (
        lambda f: (f / "model.onnx").unlink(),
        r"model\.onnx is missing: manifest\.json na",
    ),
    "damaged": (lambda f: (f / "words.onnx").write_bytes(b"x"), r"words\.onnx is damaged: it must"),
    "labels": (
        lambda f: change(f, settings=settings(f, labels=["O", "B-P"], crf=crf_of(f, 2))),
        r"manifest\.json: 'settings' must have a label for each output.*Received: 2 labels",
    ),
    "scheme": (
        lambda f: change(f, settings=settings(f, scheme="BIOES2")),
        r"manifest\.json: 'settings' must describe a model of kind tagging",
    ),
    "transitions": (
        lambda f: change(f, settings=settings(f, crf=crf_of(f, 2))),
        r"manifest\.json: 'settings' must describe.*must have scores for 3 labels",
    ),
    "no labels": (
        lambda f: change(f, settings={}),
        r"manifest\.json: 'settings' must describe a model",
    ),
    "preprocessor": (
        lambda f: change(f, preprocessor={"tokenizer": "none"}),
        r"manifest\.json: 'preprocessor' must describe how texts are read",
    ),
    "another place": (
        lambda f: change(f, files={"../model.onnx": "", "model.onnx": "", "words.onnx": ""}),
        "is missing",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_told(folder, damage):
    do, told = DAMAGES[damage]
    do(folder)
    with pytest.raises(ValueError, match=told):
        keras_elmo.load_exported(folder)


def test_a_model_folder_is_no_exported_one(tmp_path, exported):
    make_task("CRF").save_to_preset(tmp_path / "model")
    with pytest.raises(
        FileNotFoundError, match=r"is a model folder.*keras-elmo export .*model out/"
    ):
        keras_elmo.load_exported(tmp_path / "model")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        keras_elmo.load_exported(tmp_path / "nothing")
    from keras_elmo.tasks.loading import load_task

    with pytest.raises(ValueError, match=r"holds an exported model.*load_exported"):
        load_task(exported)


def test_what_is_there_is_replaced_only_if_it_is_an_export(tmp_path, exported):
    task = make_task("CRF")
    with pytest.raises(FileExistsError, match="exists already"):
        task.export(exported, format="onnx")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "diary.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="is not replaced"):
        task.export(tmp_path / "own", format="onnx", overwrite=True)
    task.export(tmp_path / "new", format="onnx")
    task.export(tmp_path / "new", format="onnx", overwrite=True)


def test_what_cannot_be_exported_is_refused(tmp_path):
    task = make_task("classes")
    with pytest.raises(ValueError, match="`precision` must be one of 'float32', 'int8'"):
        task.export(tmp_path / "out", format="onnx", precision="int4")
    task.preprocessor = None
    with pytest.raises(ValueError, match="an exported model reads strings"):
        task.export(tmp_path / "out", format="onnx")
    assert not (tmp_path / "out").exists()


def test_examples_are_checked(exported):
    model = keras_elmo.load_exported(exported)
    with pytest.raises(ValueError, match="must be of the same length"):
        model.report(["a b"], [])
    with pytest.raises(ValueError, match="one tag for each token"):
        model.report(["a b"], [["O"]])
    with pytest.raises(TypeError, match="has no argument `beam`"):
        list(model.records(["a"], beam=3))
    with pytest.raises(ValueError, match="a sentence must be a string"):
        model.predict([None])
    assert model.predict([]) == []


def test_nothing_of_keras_is_imported(exported):
    code = (
        "import sys, keras_elmo; model = keras_elmo.load_exported(sys.argv[1]); "
        "list(model.records(['Ada , a joy'])); model.report(['a'], [['O']]); "
        "print(*{'keras', 'tensorflow', 'torch', 'jax', 'h5py', 'onnx'} & set(sys.modules))"
    )
    run = [sys.executable, "-c", code, str(exported)]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "\n"
