"""bilm-tf files: nothing is lost on the way in, nor on the way out."""

import json
import tracemalloc

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from oracle import character_ids, elmo_features
from support import (
    elmo_configs,
    golden_allennlp,
    golden_bilm_tf,
    random_variables,
    shared_file,
    small_config,
)

from keras_elmo.weights import expected_shapes, load_bilm_tf, save_bilm_tf

quickly = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def stored(path):
    """Return every array of an HDF5 file: key → (dtype, shape, bytes)."""
    arrays = {}

    def visit(key, node):
        if isinstance(node, h5py.Dataset):
            arrays[key] = node.dtype, node.shape, node[...].tobytes()

    with h5py.File(path) as file:
        file.visititems(visit)
    return arrays


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for path in ours:
        assert ours[path].dtype == theirs[path].dtype == np.float32
        np.testing.assert_array_equal(ours[path], theirs[path])


@pytest.fixture
def files(tmp_path):
    return tmp_path / "weights.hdf5", tmp_path / "options.json"


@pytest.mark.parametrize("folder", [golden_allennlp, golden_bilm_tf])
def test_published_file_comes_back_bit_for_bit(folder, files):
    folder = folder()
    config, variables = load_bilm_tf(folder / "lm_weights.hdf5", folder / "options.json")
    assert {path: array.shape for path, array in variables.items()} == expected_shapes(config)
    save_bilm_tf(config, variables, *files)
    assert stored(files[0]) == stored(folder / "lm_weights.hdf5")
    assert json.loads(files[1].read_text()) == json.loads((folder / "options.json").read_text())


@quickly
@given(config=elmo_configs())
def test_any_model_comes_back_bit_for_bit(config, files):
    variables = random_variables(config)
    save_bilm_tf(config, variables, *files)
    loaded_config, loaded = load_bilm_tf(*files)
    assert loaded_config == config
    assert_same(dict(loaded), variables)


@quickly
@given(config=elmo_configs())
def test_one_layer_models_may_spell_their_keys_in_two_ways(config, files):
    config["num_layers"] = 1
    variables = random_variables(config)
    save_bilm_tf(config, variables, *files)
    usual = stored(files[0])
    with h5py.File(files[0], "a") as file:
        for direction in ("RNN_0/RNN", "RNN_1/RNN"):
            file.move(f"{direction}/MultiRNNCell/Cell0/LSTMCell", f"{direction}/LSTMCell")
            del file[f"{direction}/MultiRNNCell"]
    assert "RNN_0/RNN/LSTMCell/W_0" in stored(files[0])
    loaded_config, loaded = load_bilm_tf(*files)
    assert loaded_config == config
    assert_same(dict(loaded), variables)
    save_bilm_tf(loaded_config, loaded, *files)  # over the very file it is read from
    assert stored(files[0]) == usual


@pytest.mark.parametrize("layers", [1, 2])
def test_files_dumped_from_training_graphs(layers, files):
    folder = shared_file(f"data/golden/tf1_checkpoints/tiny_ckpt_{layers}")
    config, variables = load_bilm_tf(folder / "weights.hdf5", folder / "options.json")
    assert config["num_layers"] == layers
    assert {path: array.shape for path, array in variables.items()} == expected_shapes(config)
    save_bilm_tf(config, variables, *files)
    usual = "/MultiRNNCell/Cell0/LSTMCell/" if layers == 1 else "/LSTMCell/"
    theirs = stored(folder / "weights.hdf5").items()
    assert stored(files[0]) == {key.replace("/LSTMCell/", usual): array for key, array in theirs}


def test_layout_of_the_variables():
    """Each transform of the table, seen from outside."""
    folder = golden_allennlp()
    config, variables = load_bilm_tf(folder / "lm_weights.hdf5", folder / "options.json")
    with h5py.File(folder / "lm_weights.hdf5") as file:
        embeddings = variables["char_cnn/char_embedding/embeddings"]
        assert not embeddings[0].any()
        np.testing.assert_array_equal(embeddings[1:], file["char_embed"])
        np.testing.assert_array_equal(variables["char_cnn/conv_2/kernel"], file["CNN/W_cnn_2"][0])
        joined = file["RNN_1/RNN/MultiRNNCell/Cell1/LSTMCell/W_0"][...]
        split = [variables[f"bilm/backward_1/{part}kernel"] for part in ("", "recurrent_")]
        np.testing.assert_array_equal(np.concatenate(split), joined)
    assert config["projection_clip"] == 3.0


def test_word_vectors_of_their_own_replace_the_character_cnn(files):
    """458 published token embeddings beside the model that made them: the features agree."""
    folder = golden_allennlp()
    paths = folder / "lm_weights.hdf5", folder / "options.json"
    words = (folder / "vocab_test.txt").read_text(encoding="utf-8").split()
    sentence = ["The", "U.S.", "Centers", "for", "Disease"]
    ids = np.array([[words.index(word) + 1 for word in ["<S>", *sentence, "</S>"]]])

    by_words = load_bilm_tf(*paths, embedding_path=folder / "elmo_token_embeddings.hdf5")
    assert by_words[0]["vocabulary_size"] == 458
    from_words, _ = elmo_features(*by_words, ids, [7])
    from_characters, _ = elmo_features(*load_bilm_tf(*paths), *character_ids([sentence]))
    np.testing.assert_allclose(from_words, from_characters, atol=5e-6, rtol=1e-5)

    save_bilm_tf(*by_words, *files)  # in one file from now on, and without the character CNN
    config, variables = load_bilm_tf(*files)
    assert config == by_words[0]
    assert_same(dict(variables), dict(by_words[1]))


@quickly
@given(config=elmo_configs())
def test_keys_may_stand_in_any_order(config, files):
    save_bilm_tf(config, random_variables(config), *files)
    with h5py.File(files[0]) as file:
        arrays = {key: file[key][...] for key in stored(files[0])}
    with h5py.File(files[0], "w", track_order=True) as file:
        for key in reversed(arrays):
            file[key] = arrays[key]
    assert dict(load_bilm_tf(*files)[1]).keys() == expected_shapes(config).keys()


@quickly
@given(config=elmo_configs())
def test_half_precision_is_saved_as_float32(config, files):
    halves = {path: array.astype("float16") for path, array in random_variables(config).items()}
    save_bilm_tf(config, halves, *files)
    assert {dtype for dtype, *_ in stored(files[0]).values()} == {np.dtype("float32")}
    for path, array in load_bilm_tf(*files)[1].items():
        np.testing.assert_array_equal(array, halves[path].astype("float32"))


def test_reading_holds_one_variable_at_a_time(files):
    config = small_config(units=512, projection_dim=64)
    variables = random_variables(config)
    save_bilm_tf(config, variables, *files)
    whole, largest = (f(array.nbytes for array in variables.values()) for f in (sum, max))
    tracemalloc.start()
    total = sum(array.nbytes for array in load_bilm_tf(*files)[1].values())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == whole
    assert peak < 2.5 * largest < whole


def test_another_forget_bias_goes_into_the_biases(tmp_path):
    config = small_config(forget_bias=0.25)
    variables, paths = random_variables(config), (tmp_path / "w.hdf5", tmp_path / "o.json")
    save_bilm_tf(config, variables, *paths)
    loaded, found = load_bilm_tf(*paths)
    assert loaded["forget_bias"] == 1.0
    units = config["units"]
    for path, array in variables.items():
        expected = array.copy()
        if path.endswith("/bias") and path.startswith("bilm/"):
            expected[2 * units : 3 * units] -= 0.75
        np.testing.assert_allclose(found[path], expected, rtol=0, atol=1e-7)
