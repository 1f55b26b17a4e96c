"""Every format, every way to be wrong: an error that says which file, which array, and what it is.

A format is a function that writes a random ELMo into a folder, its arrays perhaps changed by key:
it returns what to load, and the file that holds the arrays.
"""

import json
import re

import h5py
import numpy as np
import pytest
import torch_file_support
from support import random_variables, small_config

from keras_elmo.weights import WeightsError
from keras_elmo.weights.detection import load_elmo
from keras_elmo.weights.formats import bilm_tf, bilm_tf_checkpoint, tf_hub
from keras_elmo.weights.formats.many_langs import TABLE as MANY_LANGS
from keras_elmo.weights.options import options_from_config
from keras_elmo.weights.shapes import expected_shapes
from keras_elmo.weights.table import listing

CONFIG = small_config(max_characters_per_token=50)


def arrays_of(table, changes, config=CONFIG, **others):
    """The arrays of a format by key, some of them changed; None leaves one out."""
    shapes = expected_shapes(config) | {path: array.shape for path, array in others.items()}
    arrays = {}
    table.layout(shapes).save(
        random_variables(config) | others,
        lambda key, shape: arrays.setdefault(key, np.zeros(shape, "f4")),
    )
    return {key: array for key, array in (arrays | changes).items() if array is not None}


def hdf5(folder, changes):
    (folder / "options.json").write_text(json.dumps(options_from_config(CONFIG)))
    with h5py.File(folder / "weights.hdf5", "w") as file:
        for key, array in arrays_of(bilm_tf.TABLE, changes).items():
            file[key] = array
    return folder, folder / "weights.hdf5"


def allennlp(folder, changes):
    state = torch_file_support.allennlp_state(CONFIG, random_variables(CONFIG), "_elmo_lstm.")
    state |= {f"_elmo_lstm.{key}": array for key, array in changes.items()}
    kept = {key: array for key, array in state.items() if array is not None}
    torch_file_support.write(folder / "weights.th", kept, torch_file_support.write_zip)
    return folder / "weights.th", folder / "weights.th"


def many_langs(folder, changes):
    config = CONFIG | {"vocabulary_size": 4, "word_dim": 3, "num_characters": 9, "forget_bias": 0.0}
    tokens, encoder = {}, {}
    for key, array in arrays_of(MANY_LANGS, changes, config).items():
        part, name = key.split("/", 1)
        (encoder if part == "encoder" else tokens)[name] = array
    weight = tokens["projection.weight"]  # our rows are its columns
    tokens["projection.weight"] = weight.T.copy()
    for name, arrays in (("token_embedder", tokens), ("encoder", encoder)):
        torch_file_support.write(folder / f"{name}.pkl", arrays, torch_file_support.write_zip)
    characters = ["<bos>", "<eos>", "<oov>", "<pad>", "<bow>", "<eow>", "a", "b"]
    words = ["<bos>", "<eos>", "<oov>", "a"]
    for name, lines in (("char", characters), ("word", words)):
        text = "".join(f"{token}\t{i}\n" for i, token in enumerate(lines))
        (folder / f"{name}.dic").write_text(text)
    return folder, folder / "encoder.pkl"


def checkpoint(folder, changes):
    tf = pytest.importorskip("tensorflow")
    softmax = {"softmax/kernel": np.zeros((5, 4), "f4"), "softmax/bias": np.zeros(5, "f4")}
    save(tf, folder / "model.ckpt-1", arrays_of(bilm_tf_checkpoint.TABLE, changes, **softmax))
    (folder / "options.json").write_text(json.dumps(options_from_config(CONFIG)))
    return folder, folder / "model.ckpt-1.data-00000-of-00001"


def module(folder, changes):
    tf = pytest.importorskip("tensorflow")
    (folder / "variables").mkdir()
    mix = {"aggregation/weights": np.zeros(3, "f4"), "aggregation/scaling": np.float32(1)}
    prefix = folder / "variables/variables"
    save(tf, prefix, arrays_of(tf_hub.TABLE, mix | changes))
    return folder, prefix.with_name("variables.data-00000-of-00001")


def save(tf, prefix, arrays):
    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=list(arrays),
        shape_and_slices=[""] * len(arrays),
        tensors=list(arrays.values()),
    )


def safetensors(folder, changes):
    numpy_files = pytest.importorskip("safetensors.numpy")
    arrays = {**random_variables(CONFIG), **changes}
    metadata = {"format": "keras-elmo", "words": "null", "characters": "null"}
    numpy_files.save_file(
        {key: array for key, array in arrays.items() if array is not None},
        folder / "elmo.safetensors",
        metadata | {"config": json.dumps(CONFIG)},
    )
    return folder / "elmo.safetensors", folder / "elmo.safetensors"


# A format, and the key of a bias in it.
FORMATS = {
    hdf5: "RNN_0/RNN/MultiRNNCell/Cell1/LSTMCell/B",
    allennlp: "_elmo_lstm.forward_layer_1.state_linearity.bias",
    many_langs: "encoder/forward_layer_1.state_linearity.bias",
    checkpoint: "lm/RNN_0/rnn/multi_rnn_cell/cell_1/lstm_cell/bias",
    module: "bilm/RNN_0/RNN/MultiRNNCell/Cell1/rnn/lstm_cell/bias",
    safetensors: "bilm/forward_1/bias",
}
every_format = pytest.mark.parametrize("write", FORMATS, ids=lambda write: write.__name__)


def refused(path):
    """The message of the error that loading ends with."""
    with pytest.raises((WeightsError, FileNotFoundError)) as caught:
        dict(load_elmo(path).variables)
    return str(caught.value)


def sorted_names(folder):
    return sorted(entry.name for entry in folder.iterdir())


@every_format
def test_whole(write, tmp_path):
    path, _ = write(tmp_path, {})
    found = dict(load_elmo(path).variables)
    expected = expected_shapes(load_elmo(path).config)
    assert {name: array.shape for name, array in found.items()} == expected


@every_format
def test_missing_file(write, tmp_path):
    path, file = write(tmp_path, {})
    file.unlink()
    message = refused(path)
    assert str(file) in message or f"Received: {listing(sorted_names(tmp_path))}" in message


@every_format
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_truncated_file(write, share, tmp_path):
    path, file = write(tmp_path, {})
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    message = refused(path)
    assert str(tmp_path) in message
    assert "an empty file" in message or re.search("truncated|whole|beginning with b''", message)


@every_format
def test_something_else_under_its_name(write, tmp_path):
    path, file = write(tmp_path, {})
    file.write_bytes(b"<html><body>404: not found</body></html>" * 20)
    message = refused(path)
    assert str(tmp_path) in message
    assert "Received" in message


@every_format
def test_missing_array(write, tmp_path):
    message = refused(write(tmp_path, {FORMATS[write]: None})[0])
    assert str(tmp_path) in message
    assert f"missing: {FORMATS[write]} (24,)" in message


@every_format
def test_surplus_array(write, tmp_path):
    key = FORMATS[write].replace("bias", "other").replace("LSTMCell/B", "LSTMCell/other")
    message = refused(write(tmp_path, {key: np.zeros(3, "f4")})[0])
    assert str(tmp_path) in message
    assert f"surplus: {key} (3,)" in message


@every_format
def test_misshapen_array(write, tmp_path):
    message = refused(write(tmp_path, {FORMATS[write]: np.zeros(20, "f4")})[0])
    assert str(tmp_path) in message
    assert FORMATS[write] in message
    assert "(24,)" in message or "misshapen" in message or "option" in message
    assert "20" in message


@every_format
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_not_finite(write, number, tmp_path):
    message = refused(write(tmp_path, {FORMATS[write]: np.full(24, number, "f4")})[0])
    assert str(tmp_path) in message
    assert f"{FORMATS[write]} must hold finite numbers. Received: 24" in message
