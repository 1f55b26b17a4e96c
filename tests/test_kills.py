"""Whatever file event a writer is killed at, the same command ends well and leaves nothing else."""

import itertools
import json
import os
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest
from kill_support import check_kills, kill, write
from support import random_variables, small_backbone, small_config

from keras_elmo.embedding.embed_file import Engine, embed_file
from keras_elmo.embedding.feature_choice import FeatureChoice
from keras_elmo.pretraining.corpus import prepare_corpus
from keras_elmo.text.new_file import new_file
from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.text.work_folder import remove_unfinished, work_folder
from keras_elmo.weights.bilm_tf import save_bilm_tf, save_published_folder
from keras_elmo.weights.new_folder import new_folder, new_folder_in
from keras_elmo.weights.published import PublishedElmo
from keras_elmo.weights.safetensors_file import save_safetensors

CONFIG = small_config(num_layers=1)
VARIABLES = random_variables(CONFIG)
OLD, NEW = "old", "new"


# === Files and folders ===


def write_file(overwrite):
    with new_file("out.txt", overwrite=overwrite) as path, path.open("w") as file:
        file.write(NEW)


def write_folder(overwrite):
    with new_folder("out", overwrite=overwrite) as folder:
        write(folder / "metadata.json", NEW)
        write(folder / "inside/more.txt", NEW)


@pytest.mark.parametrize("command", [write_file, write_folder])
def test_a_new_one(command, tmp_path, monkeypatch):
    check_kills(tmp_path, monkeypatch, partial(command, False), partial(write, "mine.txt", "mine"))


@pytest.mark.parametrize("command", [write_file, write_folder])
def test_an_old_one_is_replaced(command, tmp_path, monkeypatch):
    def prepare():
        write("out.txt" if command is write_file else "out/metadata.json", OLD)
        write("out.replaced/thesis.txt", "years of work")

    check_kills(tmp_path, monkeypatch, partial(command, True), prepare)


def test_killed_twice(tmp_path, monkeypatch):
    """Every pair of moments: the second command meets what the first one left."""
    for number, (first, second) in enumerate(itertools.product(range(11), repeat=2)):
        folder = tmp_path / str(number)
        write(folder / "out/metadata.json", OLD)
        monkeypatch.chdir(folder)
        for at in (first, second):
            kill(partial(write_folder, True), folder, at)
            left = [path.read_text() for path in folder.rglob("metadata.json")]
            assert {OLD, NEW} & set(left), (first, second)
        write_folder(overwrite=True)
        assert [path.name for path in folder.iterdir()] == ["out"]
        assert (folder / "out/inside/more.txt").read_text() == NEW


def test_a_training_and_its_checkpoint(tmp_path, monkeypatch):
    """What `train` does with its files: lock, checkpoint, model, and the checkpoint away."""
    checkpoint = Path("out.checkpoint")

    def command():
        with work_folder(Path("out")) as work:
            resumed = checkpoint.exists()
            with new_folder_in(work, Path("out"), overwrite=resumed) as folder:
                with new_file(checkpoint, overwrite=True) as path:
                    write(path, "state")
                write(folder / "metadata.json", NEW)
            remove_unfinished(checkpoint)
            checkpoint.unlink()

    check_kills(tmp_path, monkeypatch, command)


# === Weights and words ===


def test_published_files(tmp_path, monkeypatch):
    command = partial(save_published_folder, CONFIG, VARIABLES, "out")
    check_kills(tmp_path, monkeypatch, command)
    elmo = PublishedElmo("keras", CONFIG, VARIABLES)
    (tmp_path / "safetensors").mkdir()
    command = partial(save_safetensors, elmo, Path("elmo.safetensors"))
    # The library writes its metadata in any order.
    check_kills(
        tmp_path / "safetensors", monkeypatch, command, same=lambda _, data: sorted(data or "")
    )


def test_hdf5_over_older_files(tmp_path, monkeypatch):
    command = partial(save_bilm_tf, CONFIG, VARIABLES, "weights.hdf5", "options.json")
    check_kills(tmp_path, monkeypatch, command, command)


@pytest.mark.parametrize("name", ["words.txt", "words.txt.gz"])
def test_vocabulary(name, tmp_path, monkeypatch):
    words = Vocabulary(["<S>", "</S>", "<UNK>", "the"])
    check_kills(tmp_path, monkeypatch, partial(words.save, name), partial(write, name, OLD))


def test_preset(tmp_path, monkeypatch):
    def same(name, data):
        return json.loads(data).keys() if name.endswith("metadata.json") else data  # its date

    backbone = small_backbone()[0]
    command = partial(backbone.save_to_preset, "out", overwrite=True)
    check_kills(tmp_path, monkeypatch, command, partial(write, "out/metadata.json", "{}"), same)


def test_corpus(tmp_path, monkeypatch):
    write(tmp_path / "old.txt", "a b\n")
    write(tmp_path / "new.txt", "c d\ne c\n")
    old, new = (partial(prepare_corpus, [tmp_path / f"{name}.txt"], "c") for name in (OLD, NEW))
    check_kills(tmp_path, monkeypatch, new, old)


# === Features ===

SENTENCES = [["a", "b"], ["c"], ["d", "e", "f"]]


@pytest.fixture
def _fast(monkeypatch):
    """A kill is no power cut."""
    monkeypatch.setattr(os, "fsync", lambda file: None)


class Counting:
    """Numbers that depend on all sentences before."""

    def __init__(self):
        self.seen = 0

    def embed(self, sentences):
        for tokens in sentences:
            self.seen += len(tokens)
            yield np.full((len(tokens), 3, 2), self.seen, np.float32)

    def engine(self):
        return Engine(
            self.embed,
            2,
            lambda path: path.write_text(str(self.seen)),
            lambda path: setattr(self, "seen", int(path.read_text())),
        )


def embed(output, **how):
    choice = FeatureChoice(pool=how.pop("pool", "none"))
    how = {"job": {"model": "abc", "model_name": "tiny"}, "chunk_sentences": 2} | how
    return embed_file(Path(output), iter(SENTENCES), Counting().engine, choice, **how)


@pytest.mark.usefixtures("_fast")
@pytest.mark.parametrize("name", ["out.h5", "out.npy", "out.npz", "out.parquet", "out.safetensors"])
def test_features(name, tmp_path, monkeypatch):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    events, refused = check_kills(tmp_path, monkeypatch, partial(embed, name))
    assert refused == [events - 2, events - 1]  # when all that was left is an empty folder


@pytest.mark.usefixtures("_fast")
def test_features_over_older_ones(tmp_path, monkeypatch):
    older = partial(embed, "out.npy", job={"model": "older"})
    command = partial(embed, "out.npy", overwrite=True)
    check_kills(tmp_path, monkeypatch, command, older)


def test_equal_features_are_equal_bytes(tmp_path):
    """HDF5 may hold times, in whole seconds: here it must have none."""
    for pool in ("none", "mean"):
        embed(tmp_path / f"{pool}.h5", pool=pool)
        with h5py.File(tmp_path / f"{pool}.h5") as file:
            assert h5py.h5o.get_info(file.id).ctime == 0
            for dataset in file.values():
                assert h5py.h5o.get_info(dataset.id).ctime == 0
