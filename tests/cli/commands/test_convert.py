"""`convert` and `info` of published files: there and back again to the bit."""

import json
import subprocess
import sys

import h5py
import numpy as np
from support import random_variables, shared_file, small_config

from keras_elmo.weights import save_bilm_tf


def arrays_of(path):
    with h5py.File(path) as file:
        found = {}
        file.visititems(
            lambda name, item: found.update({name: item[()]}) if hasattr(item, "shape") else None
        )
    return found


def test_there_and_back(run, tmp_path):
    config = small_config()
    save_bilm_tf(config, random_variables(config), tmp_path / "w.hdf5", tmp_path / "options.json")
    run("convert", "w.hdf5", "preset")
    assert "hf upload" in run("convert", "preset", "hf://user/name", code=1).stderr
    run("convert", "preset", "again", "--to", "bilm-hdf5")
    before, after = arrays_of(tmp_path / "w.hdf5"), arrays_of(tmp_path / "again/weights.hdf5")
    assert before.keys() == after.keys()
    for name in before:
        np.testing.assert_array_equal(after[name], before[name])
    assert json.loads((tmp_path / "again/options.json").read_text()) == json.loads(
        (tmp_path / "options.json").read_text()
    )
    run("convert", "preset", "elmo.safetensors", "--to", "safetensors")
    run("convert", "elmo.safetensors", "third", "--to", "bilm-hdf5")
    third = arrays_of(tmp_path / "third/weights.hdf5")
    assert all((third[name] == before[name]).all() for name in before)
    run("convert", "preset", "elmo.onnx", "--to", "onnx")
    assert "exists already" in run("convert", "w.hdf5", "elmo.onnx", "--to", "onnx", code=1).stderr
    assert "exists already" in run("convert", "w.hdf5", "preset", code=1).stderr
    run("convert", "w.hdf5", "preset", "--overwrite")
    assert "exists already" in run("convert", "w.hdf5", "again", "--to", "bilm-hdf5", code=1).stderr


def test_word_input(run, tmp_path):
    words = ["<S>", "</S>", "<UNK>", "dog", "cat"]
    config = small_config(vocabulary_size=5, char_filters=[], num_highways=0)
    save_bilm_tf(config, random_variables(config), tmp_path / "w.hdf5", tmp_path / "options.json")
    assert "needs its vocabulary" in run("convert", "w.hdf5", "preset", code=1).stderr
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    run("convert", "w.hdf5", "preset")
    (tmp_path / "text.txt").write_text("dog cat\n")
    run("embed", "text.txt", "--preset", "preset", "-o", "out.npz")
    run("convert", "w.hdf5", "again", "--to", "bilm-hdf5")
    assert (tmp_path / "again/vocab.txt").read_text().split() == words


def test_info_of_published_files_needs_no_backend(tmp_path):
    folder = shared_file("data/golden/allennlp/test_fixtures/simple_tagger_with_elmo/serialization")
    code = (
        "import sys; from keras_elmo.cli import app\n"
        "try: app()\n"
        "except SystemExit: pass\n"
        "assert not {'keras', 'tensorflow', 'torch', 'jax'} & set(sys.modules)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, "info", str(folder / "model.tar.gz")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "model of AllenNLP" in shown
    assert "105,124" in shown
    assert "1.0046" in shown
