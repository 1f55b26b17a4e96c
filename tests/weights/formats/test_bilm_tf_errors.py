"""Wrong bilm-tf files: the message names the file, the key or option, and a way out."""

import json
import os
import re

import h5py
import numpy as np
import pytest
from support import random_variables, small_config

from keras_elmo.weights import WeightsError, load_bilm_tf, save_bilm_tf

CELL_1 = "RNN_0/RNN/MultiRNNCell/Cell1/LSTMCell"


@pytest.fixture
def files(tmp_path):
    """Return the paths of a right model's weights and options."""
    paths = tmp_path / "weights.hdf5", tmp_path / "options.json"
    save_bilm_tf(small_config(), random_variables(small_config()), *paths)
    return paths


def error_of(*paths, kind=WeightsError):
    with pytest.raises(kind) as caught:
        load_bilm_tf(*paths)
    assert "Received" in str(caught.value) or kind is FileNotFoundError
    return str(caught.value)


def change_options(path, name, value):
    """Set the option `name` (dotted), or delete it where `value` is `...`."""
    options = json.loads(path.read_text())
    *parents, last = name.split(".")
    inner = options
    for parent in parents:
        inner = inner[parent]
    inner[last] = value
    if value is ...:
        del inner[last]
    path.write_text(json.dumps(options))


# === Keys ===


def test_missing_key(files):
    with h5py.File(files[0], "a") as file:
        del file["CNN_high_0/b_carry"]
    message = error_of(*files)
    assert str(files[0]) in message
    assert "missing: CNN_high_0/b_carry (16,)" in message


def test_surplus_key(files):
    with h5py.File(files[0], "a") as file:
        file["lm/softmax/W"] = np.zeros((2, 3), "f4")
    assert "surplus: lm/softmax/W (2, 3)" in error_of(*files)


@pytest.mark.parametrize("shape", [(6,), (8, 23), (9, 24), (4, 2, 24), ()])
def test_misshapen_key(files, shape):
    with h5py.File(files[0], "a") as file:
        del file[f"{CELL_1}/W_0"]
        file[f"{CELL_1}/W_0"] = np.zeros(shape, "f4")
    expected = f"misshapen: {CELL_1}/W_0 must be (8, 24). Received: {shape}"
    assert expected in error_of(*files)


def test_key_of_whole_numbers(files):
    with h5py.File(files[0], "a") as file:
        del file["char_embed"]
        file["char_embed"] = np.zeros((261, 4), "i4")
    assert "char_embed must hold floats. Received: dtype int32" in error_of(*files)


def test_both_spellings_of_one_layer(tmp_path):
    paths = tmp_path / "weights.hdf5", tmp_path / "options.json"
    config = small_config(num_layers=1)
    save_bilm_tf(config, random_variables(config), *paths)
    with h5py.File(paths[0], "a") as file:
        file["RNN_0/RNN/LSTMCell/B"] = np.zeros(24, "f4")
    assert "surplus: RNN_0/RNN/LSTMCell/B (24,)" in error_of(*paths)


def test_long_lists_are_cut(files):
    with h5py.File(files[0], "a") as file:
        for i in range(20):
            file[f"other_{i}"] = np.zeros(3, "f4")
    message = error_of(*files)
    assert "… and 12 more" in message
    assert len(message.splitlines()) < 14


# === Options that disagree with the weights ===


@pytest.mark.parametrize(
    ("option", "stated", "suggested"),
    [
        ("lstm.n_layers", 3, 2),
        ("lstm.n_layers", 1, 2),
        ("lstm.dim", 5, 6),
        ("lstm.dim", 4, 6),  # as many as projection_dim: yet the weights hold a projection
        ("lstm.projection_dim", 6, 4),
        ("lstm.projection_dim", 16, 4),  # as many as the filters: yet the weights project those
        ("char_cnn.n_highway", 2, 1),
        ("char_cnn.n_highway", 0, 1),
        ("char_cnn.embedding.dim", 5, 4),
        ("char_cnn.filters", [[1, 8], [3, 8]], [[1, 8], [2, 8]]),
        ("char_cnn.filters", [[1, 8]], [[1, 8], [2, 8]]),
    ],
)
def test_disagreeing_option(files, option, stated, suggested):
    change_options(files[1], option, stated)
    message = error_of(*files)
    assert str(files[0]) in message
    assert str(files[1]) in message
    assert f"option {option} is {stated}, the weights suggest {suggested}" in message


def test_options_for_words_weights_for_characters(files):
    change_options(files[1], "char_cnn", ...)
    message = error_of(*files)
    assert "must hold 'embedding' (V, P)" in message
    assert "no such key" in message
    assert "char_cnn" in message


def test_options_for_characters_weights_for_words(tmp_path, files):
    words = tmp_path / "words.hdf5"
    config = small_config(vocabulary_size=9)
    save_bilm_tf(config, random_variables(config), words, tmp_path / "unused.json")
    message = error_of(words, files[1])
    assert "missing: char_embed (261, 4)" in message


def test_word_vectors_of_another_width(tmp_path, files):
    path = tmp_path / "vectors.hdf5"
    with h5py.File(path, "w") as file:
        file["embedding"] = np.zeros((9, 5), "f4")
    assert "embedding must be (9, 4). Received: (9, 5)" in error_of(*files, path)


# === Options by themselves ===


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("lstm.dim", ...),
        ("lstm.dim", "6"),
        ("lstm.dim", 0),
        ("lstm.n_layers", 2.0),
        ("lstm.n_layers", True),
        ("lstm.projection_dim", None),
        ("lstm.cell_clip", -3),
        ("lstm.proj_clip", "3"),
        ("lstm.use_skip_connections", "no"),
        ("char_cnn.activation", "gelu"),
        ("char_cnn.activation", ...),
        ("char_cnn.n_highway", -1),
        ("char_cnn.embedding", ...),
        ("char_cnn.max_characters_per_token", ...),
        ("char_cnn.filters", []),
        ("char_cnn.filters", [[1, 8], [2]]),
        ("char_cnn.filters", [[9, 8]]),  # wider than the 8 characters of a token
    ],
)
def test_impossible_option(files, option, value):
    change_options(files[1], option, value)
    message = error_of(*files)
    assert re.search(rf"options\.json: option {re.escape(option)}\S* must be ", message)
    assert f"Received: {None if value is ... else value!r}" in message


@pytest.mark.parametrize("content", [b"", b"{'lstm': 1}", b"\xff\xfe", b'{"lstm": '])
def test_options_that_are_not_json(files, content):
    files[1].write_bytes(content)
    assert f"{files[1]}: must be JSON" in error_of(*files)


@pytest.mark.parametrize("content", ["[]", "{}", '{"lstm": 3}', "null"])
def test_options_without_an_lstm(files, content):
    files[1].write_text(content)
    assert "an object 'lstm'" in error_of(*files)


def test_weights_and_options_exchanged(files):
    assert "wrong order" in error_of(*reversed(files))


# === Files ===


def test_missing_files(files):
    for missing in (("none.hdf5", files[1]), (files[0], "none.json")):
        assert "no such file" in error_of(*missing, kind=FileNotFoundError)


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"version https://git-lfs"])
def test_file_that_is_not_hdf5(files, content):
    files[0].write_bytes(content)
    message = error_of(*files)
    assert f"{files[0]}: must be an HDF5 file. Received: a file beginning with" in message
    assert repr(content)[:8] in message


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.999])
def test_truncated_file(files, share):
    content = files[0].read_bytes()
    files[0].write_bytes(content[: int(len(content) * share)])
    message = error_of(*files)
    assert f"{files[0]}: must be a whole HDF5 file" in message
    assert "truncated or damaged" in message


def replaced(path, key, make):
    """Put another dataset, made by `make(file)`, in the place of `key`."""
    with h5py.File(path, "a") as file:
        shape = file[key].shape
        del file[key]
        make(file, shape)


def test_numbers_in_other_files(files, tmp_path):
    """Neither an array nor a link may make us read another file of the machine."""
    (tmp_path / "secret").write_bytes(bytes(1000))
    key, secret = "CNN_high_0/b_carry", str(tmp_path / "secret")
    replaced(
        files[0],
        key,
        lambda file, shape: file.create_dataset(key, shape, "f4", external=[(secret, 0, 64)]),
    )
    assert f"{files[0]}: {key} must be an array in this file" in error_of(*files)


def test_virtual_arrays(files):
    key = "CNN_high_0/b_carry"

    def make(file, shape):
        layout = h5py.VirtualLayout(shape, "f4")
        layout[:] = h5py.VirtualSource("/etc/hostname", "a", shape)
        file.create_virtual_dataset(key, layout)

    replaced(files[0], key, make)
    assert "lies in other files" in error_of(*files)


@pytest.mark.parametrize("link", [h5py.ExternalLink("/etc/hostname", "/a"), h5py.SoftLink("/b")])
def test_links_are_not_followed(files, link):
    key = "CNN_high_0/b_carry"
    replaced(files[0], key, lambda file, shape: file.__setitem__(key, link))
    assert f"missing: {key}" in error_of(*files)


def test_arrays_that_were_never_written(files):
    key = "CNN_high_0/b_carry"
    replaced(files[0], key, lambda file, shape: file.create_dataset(key, (2**40,), "f4"))
    assert "bytes" in error_of(*files)
    with h5py.File(files[0], "a") as file:
        del file[key]
        file.create_dataset(key, (16,), "f4")
    assert "never written" in error_of(*files)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none(files, value):
    with h5py.File(files[0], "a") as file:
        file["CNN_high_0/b_carry"][3] = value
    _, variables = load_bilm_tf(*files)
    with pytest.raises(WeightsError, match=r"CNN_high_0/b_carry must hold finite.*Received: 1 "):
        dict(variables)


# === Saving ===


def test_variables_that_do_not_fit(tmp_path):
    variables = random_variables(small_config())
    del variables["char_cnn/conv_0/bias"]
    variables["bilm/forward_0/bias"] = np.zeros(3)
    variables["scalar_mix/gamma"] = np.ones(())
    with pytest.raises(WeightsError) as caught:
        save_bilm_tf(small_config(), variables, tmp_path / "w.hdf5", tmp_path / "o.json")
    message = str(caught.value)
    assert "missing: char_cnn/conv_0/bias (8,)" in message
    assert "misshapen: bilm/forward_0/bias must be (24,). Received: (3,)" in message
    assert "surplus: scalar_mix/gamma ()" in message
    assert list(tmp_path.iterdir()) == []


def test_failed_save_leaves_the_old_files(files):
    before = [path.read_bytes() for path in files]
    variables = random_variables(small_config(), seed=1)
    variables["bilm/backward_1/projection_kernel"] = np.full((6, 4), "text")
    with pytest.raises(ValueError, match="could not convert"):
        save_bilm_tf(small_config(), variables, *files)
    assert [path.read_bytes() for path in files] == before
    assert sorted(os.listdir(files[0].parent)) == ["options.json", "weights.hdf5"]


def test_full_disk_leaves_the_old_files(files):
    resource = pytest.importorskip("resource")  # a limit on file sizes stands in for the full disk
    before = [path.read_bytes() for path in files]
    config = small_config(units=3000)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    try:
        with pytest.raises(OSError, match=r"weights\.hdf5: .* Received: .*Free some space"):
            save_bilm_tf(config, random_variables(config), *files)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.read_bytes() for path in files] == before
    assert sorted(os.listdir(files[0].parent)) == ["options.json", "weights.hdf5"]


def test_folder_that_is_not_there(tmp_path):
    weights, options = tmp_path / "none" / "weights.hdf5", tmp_path / "options.json"
    with pytest.raises(OSError, match="Make it first"):
        save_bilm_tf(small_config(), random_variables(small_config()), weights, options)
    assert list(tmp_path.iterdir()) == []
