"""`load_elmo` tells a format by its content, whatever the name, in folders and archives too."""

import gc
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch_file_support
from support import random_variables, shared_file, small_config

from keras_elmo.weights import WeightsError, save_bilm_tf
from keras_elmo.weights.detection import load_elmo

PREFIX = "elmo._elmo_lstm."


@pytest.fixture
def variables():
    return random_variables(small_config())


@pytest.fixture
def hdf5(tmp_path, variables):
    folder = tmp_path / "hdf5"
    folder.mkdir()
    save_bilm_tf(small_config(), variables, folder / "elmo.bin", folder / "options.json")
    return folder / "elmo.bin"


@pytest.fixture
def allennlp(tmp_path, variables):
    arrays = torch_file_support.allennlp_state(small_config(), variables, PREFIX)
    torch_file_support.write(tmp_path / "model", arrays, torch_file_support.write_sequence)
    return tmp_path / "model"


def assert_same(elmo, variables):
    assert elmo.variables.keys() == variables.keys()
    for path in variables:
        np.testing.assert_array_equal(elmo.variables[path], variables[path])


def test_hdf5(hdf5, variables):
    elmo = load_elmo(hdf5)
    assert elmo.format == "HDF5 weights of bilm-tf"
    assert_same(elmo, variables)


@pytest.mark.parametrize(
    ("weights", "options"),
    [
        ("x_weights.hdf5", "x_options.json"),
        ("model.hdf5", "options.json"),
        ("lm_weights.hdf5", "my_options_1.json"),
    ],
)
def test_names_of_files_in_folders(hdf5, variables, tmp_path, weights, options):
    (tmp_path / "other").mkdir()
    shutil.copy(hdf5, tmp_path / "other" / weights)
    shutil.copy(hdf5.parent / "options.json", tmp_path / "other" / options)
    assert_same(load_elmo(tmp_path / "other" / weights), variables)
    assert_same(load_elmo(tmp_path / "other"), variables)


def test_options_elsewhere(hdf5, variables, tmp_path):
    options = (hdf5.parent / "options.json").rename(tmp_path / "there.json")
    with pytest.raises(FileNotFoundError, match="expected its options file"):
        load_elmo(hdf5)
    assert_same(load_elmo(hdf5, options=options), variables)


def test_zip_of_a_folder(hdf5, variables, tmp_path):
    with zipfile.ZipFile(tmp_path / "187", "w") as archive:
        archive.write(hdf5, "model.hdf5")
        archive.write(hdf5.parent / "options.json", "options.json")
        archive.writestr("meta.json", "{}")
    before = set(Path(tempfile.gettempdir()).glob("keras-elmo-*"))
    elmo = load_elmo(tmp_path / "187")
    assert_same(elmo, variables)
    kept = elmo.variables
    del elmo
    gc.collect()
    assert kept["bilm/forward_0/bias"].size  # as long as arrays may be read, their files are there
    del kept
    gc.collect()
    assert set(Path(tempfile.gettempdir()).glob("keras-elmo-*")) <= before


def test_allennlp(allennlp, variables, tmp_path):
    with tarfile.open(tmp_path / "archive", "w:gz") as archive:
        archive.add(allennlp, "weights.th")
    for path in (allennlp, tmp_path / "archive"):
        elmo = load_elmo(path)
        assert elmo.format == "model of AllenNLP"
        assert_same(elmo, variables)
        assert elmo.config["max_characters_per_token"] == 50


def test_archives_in_archives(allennlp, tmp_path):
    """One that holds itself would never end."""
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(allennlp, "weights.th")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(tmp_path / "model.tar.gz", "model.tar.gz")
    with pytest.raises(WeightsError, match=r"outer\.zip: must hold weights.*model\.tar\.gz"):
        load_elmo(tmp_path / "outer.zip")


def test_weights_that_are_zip_archives(variables, tmp_path):
    """PyTorch's newer files are zip archives, and so are others."""
    arrays = torch_file_support.allennlp_state(small_config(), variables, PREFIX)
    torch_file_support.write(tmp_path / "weights.th", arrays, torch_file_support.write_zip)
    for path in (tmp_path, tmp_path / "weights.th"):
        assert_same(load_elmo(path), variables)


def test_archive_without_an_elmo(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("notes.txt", "nothing")
    with pytest.raises(WeightsError, match=r"a\.zip: must hold one ELMo") as caught:
        load_elmo(tmp_path / "a.zip")
    assert "notes.txt" in str(caught.value)
    assert tempfile.gettempdir() not in str(caught.value).replace(str(tmp_path), "")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04", b"\x1f\x8b"])
def test_other_files(tmp_path, content):
    (tmp_path / "model").write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        load_elmo(tmp_path / "model")
    assert str(tmp_path / "model") in str(caught.value)


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        load_elmo(tmp_path / "missing")
    with pytest.raises(WeightsError, match="an empty folder"):
        load_elmo(tmp_path)


def test_embedded_preset():
    assert load_elmo("elmo_mini_en").config["units"] == 512


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("allennlp/test_fixtures/elmo/lm_weights.hdf5", "HDF5 weights of bilm-tf"),
        ("bilm-tf/tests/fixtures/model", "HDF5 weights of bilm-tf"),
        ("allennlp/test_fixtures/simple_tagger_with_elmo/serialization", "model of AllenNLP"),
        (
            "allennlp/test_fixtures/simple_tagger_with_elmo/serialization/model.tar.gz",
            "model of AllenNLP",
        ),
    ],
)
def test_golden(path, told):
    elmo = load_elmo(shared_file("data/golden") / path)
    assert elmo.format == told
    assert all(array.size for array in elmo.variables.values())


@pytest.mark.parametrize("name", ["tiny_ckpt_1", "tiny_ckpt_2"])
def test_checkpoint_equals_the_hdf5_beside_it(name, tmp_path):
    pytest.importorskip("tensorflow")
    folder = shared_file("data/golden/tf1_checkpoints", name)
    expected = load_elmo(folder / "weights.hdf5")
    shutil.copytree(folder, tmp_path / "training", ignore=shutil.ignore_patterns("*.hdf5"))
    for path in (tmp_path / "training", tmp_path / "training/model.ckpt-0"):
        elmo = load_elmo(path)
        assert elmo.format == "training checkpoint of bilm-tf"
        assert elmo.config == expected.config
        assert_same(elmo, expected.variables)


def test_safetensors(hdf5, tmp_path):
    pytest.importorskip("safetensors")
    from keras_elmo.weights.formats.safetensors_file import save_safetensors

    elmo, path = load_elmo(hdf5), tmp_path / "elmo.safetensors"
    save_safetensors(elmo, path)
    again = load_elmo(path)
    assert again.config == elmo.config
    assert_same(again, elmo.variables)
    with pytest.raises(FileExistsError):
        save_safetensors(elmo, path)
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(WeightsError, match="whole safetensors file"):
        load_elmo(path)
    path.write_bytes(content.replace(b"bilm/forward_0/bias", b"bilm/forward_0/blas"))
    with pytest.raises(WeightsError, match="missing: bilm/forward_0/bias"):
        load_elmo(path)
    path.write_bytes(content.replace(b'"config"', b'"konfig"'))
    with pytest.raises(WeightsError, match="other metadata"):
        load_elmo(path)
