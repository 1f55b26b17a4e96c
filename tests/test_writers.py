"""Writers: nothing of others is touched, and after a kill at any moment the same command ends well.

What a command line adds to these is tested in `tests/cli/test_outputs.py`.
"""

import errno
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest
from kill_support import check_kills, kill, write
from support import random_variables, small_backbone, small_config

from keras_elmo.embedding.output.embed_file import FeatureSource, embed_file
from keras_elmo.embedding.output.feature_choice import FeatureChoice
from keras_elmo.embedding.store.feature_store import FeatureStore
from keras_elmo.embedding.store.folder import StoredModel, remove_store
from keras_elmo.files.folder_lock import BusyError
from keras_elmo.files.new_file import new_file
from keras_elmo.files.new_folder import new_folder, new_folder_in
from keras_elmo.files.work_folder import MARK, remove_unfinished, work_folder
from keras_elmo.pretraining.corpus import prepare_corpus
from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.weights.formats.bilm_tf import save_bilm_tf, save_published_folder
from keras_elmo.weights.formats.safetensors_file import save_safetensors
from keras_elmo.weights.sources.published import PublishedElmo

CONFIG = small_config(num_layers=1)
VARIABLES = random_variables(CONFIG)
OLD, NEW = "old", "new"


# === Files and folders ===


def write_file(overwrite):
    with new_file("out.txt", overwrite=overwrite) as path, path.open("w") as file:
        file.write(NEW)


def write_folder(overwrite, place="out"):
    with new_folder(place, overwrite=overwrite) as folder:
        write(folder / "metadata.json", NEW)
        write(folder / "more.json", NEW)


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
        assert (folder / "out/more.json").read_text() == NEW


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
        return FeatureSource(
            self.embed,
            2,
            lambda path: path.write_text(str(self.seen)),
            lambda path: setattr(self, "seen", int(path.read_text())),
        )


def embed(output, **how):
    choice = FeatureChoice(pool=how.pop("pool", "none"))
    how = {"job": {"model": "abc", "model_name": "tiny"}, "chunk_sentences": 2} | how
    sentences = iter([*SENTENCES, *how.pop("more", [])])
    return embed_file(Path(output), sentences, Counting().engine, choice, **how)


@pytest.mark.usefixtures("_fast")
@pytest.mark.parametrize("name", ["out.h5", "out.npy", "out.npz", "out.parquet", "out.safetensors"])
def test_features(name, tmp_path, monkeypatch):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    events, refused = check_kills(tmp_path, monkeypatch, partial(embed, name))
    assert refused == [events - 2, events - 1]  # when all that was left is an empty folder


@pytest.mark.usefixtures("_fast")
def test_what_became_of_a_finished_output_counts(tmp_path, monkeypatch):
    """The command was killed while it removed what it had no more need of."""
    events, _ = check_kills(tmp_path, monkeypatch, partial(embed, "out.npy"))
    for change, error in (("removed", None), ("other job", "exists already"), ("longer", "it has")):
        folder = tmp_path / change
        folder.mkdir()
        output = folder / "out.npy"
        assert kill(partial(embed, output), folder, events - 3)
        if change == "removed":
            output.unlink()
            embed(output, overwrite=True)  # the other one of the two files is still there
            assert output.exists()
        else:
            how = {"job": {"model": "abd"}} if change == "other job" else {"more": [["g"]]}
            with pytest.raises((FileExistsError, ValueError), match=error):
                embed(output, **how)
        assert not list(folder.glob("*.unfinished"))


@pytest.mark.usefixtures("_fast")
def test_features_over_older_ones(tmp_path, monkeypatch):
    older = partial(embed, "out.npy", job={"model": "older"})
    command = partial(embed, "out.npy", overwrite=True)
    check_kills(tmp_path, monkeypatch, command, older)


def test_a_store_is_made_and_removed(tmp_path, monkeypatch):
    model = StoredModel("abc", 3, 4, "float16")
    folder = Path("features") / model.folder_name

    def make():
        FeatureStore("abc", (3, 4), root=".").close()

    def remove():
        if folder.is_dir():
            remove_store(folder)
        remove_unfinished(folder)

    for command, prepare in ((make, lambda: None), (remove, make)):
        place = tmp_path / command.__name__
        place.mkdir()
        check_kills(place, monkeypatch, command, prepare, lambda name, data: name if data else "")


def test_hdf5_files_hold_no_times(tmp_path):
    """So equal contents are equal bytes."""
    from keras_elmo.elmo.language_model import ElmoLanguageModel
    from keras_elmo.pretraining.export import export_preset

    for pool in ("none", "mean"):
        embed(tmp_path / f"{pool}.h5", pool=pool)
    save_bilm_tf(CONFIG, VARIABLES, tmp_path / "weights.h5", tmp_path / "options.json")
    model, words = ElmoLanguageModel(small_backbone()[0], 4), ["<S>", "</S>", "<UNK>", "the"]
    for half in (False, True):
        export_preset(model, tmp_path / f"half-{half}", vocabulary=words, half=half)
    paths = list(tmp_path.rglob("*.h5"))
    assert len(paths) == 3 + 2 * 2
    for path in paths:
        times = []
        with h5py.File(path) as file:
            file.visititems(lambda _, node, found=times: found.append(h5py.h5o.get_info(node.id)))
            times.append(h5py.h5o.get_info(file.id))
        assert {time for info in times for time in (info.ctime, info.mtime, info.btime)} == {0}


# === What belongs to others ===


def corpus():
    write("text.txt", "a b\n")
    prepare_corpus(["text.txt"], "corpus")


WRITERS = {
    "out.txt": partial(write_file, True),
    "out": partial(write_folder, True),
    "published": partial(save_published_folder, CONFIG, VARIABLES, "published"),
    "weights.hdf5": partial(save_bilm_tf, CONFIG, VARIABLES, "weights.hdf5", "options.json"),
    "words.txt": partial(Vocabulary(["<S>", "</S>", "<UNK>"]).save, "words.txt"),
    "corpus": corpus,
    "out.npz": partial(embed, "out.npz"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_what_others_have_there_is_refused_by_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for theirs in (f"{name}.unfinished/thesis.txt", f"{name}.unfinished"):
        write(theirs, "years of work")
        with pytest.raises(FileExistsError, match=f"{name}.unfinished is where.*Move it away"):
            WRITERS[name]()
        assert Path(theirs).read_text() == "years of work"
        assert not Path(name).exists()
        Path(f"{name}.unfinished").rename("elsewhere" if theirs.endswith("txt") else "a file")
    write(f"{name}.replaced/thesis.txt", "years of work")
    for _ in range(2 if name in ("out", "out.txt") else 1):
        WRITERS[name]()
        assert Path(name).exists()
    assert Path(f"{name}.replaced/thesis.txt").read_text() == "years of work"
    assert not Path(f"{name}.unfinished").exists()


@pytest.mark.parametrize("name", WRITERS)
def test_of_two_at_once_the_later_one_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with work_folder(Path(name)) as work:
        write(work / name, "half")
        with pytest.raises(BusyError, match=f"another command is writing {name}. Wait until"):
            WRITERS[name]()
        assert (work / name).read_text() == "half"
    WRITERS[name]()
    assert not Path(f"{name}.unfinished").exists()


def test_a_folder_that_is_something_else_is_not_replaced(tmp_path):
    write(tmp_path / "home/thesis.txt", "years of work")
    with (
        pytest.raises(FileExistsError, match=r"a folder without metadata\.json or preprocessor"),
        new_folder(tmp_path / "home", overwrite=True),
    ):
        pass
    for theirs in ("notes.md", "train.csv", "inside/model.json"):
        write(tmp_path / "model/metadata.json", OLD)
        write(tmp_path / f"model/evaluation.json.unfinished/{MARK}", "")
        write(tmp_path / "model" / theirs, "years of work")
        with (
            pytest.raises(FileExistsError, match=f"a folder with '{theirs.split('/')[0]}'.*Move"),
            new_folder(tmp_path / "model", overwrite=True),
        ):
            pass
        (tmp_path / "model" / theirs.split("/")[0]).rename(tmp_path / theirs.split("/")[0])
    with new_folder(tmp_path / "model", overwrite=True):
        pass
    write(tmp_path / "a.txt", "a b\n")
    with pytest.raises(FileExistsError, match=r"a folder without corpus\.json"):
        prepare_corpus([tmp_path / "a.txt"], tmp_path / "home")
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("writer", [new_file, new_folder])
def test_what_comes_into_its_place_meanwhile_stays(writer, tmp_path):
    """And what was written is kept as well."""

    def command():
        with writer(tmp_path / "out") as path:
            write(path / "metadata.json" if writer is new_folder else path, NEW)
            write(tmp_path / "out", "years of work")

    with pytest.raises(FileExistsError, match=r"exists already.*whole in .*out\.unfinished.out\."):
        command()
    assert (tmp_path / "out").read_text() == "years of work"
    assert os.path.exists(tmp_path / "out.unfinished/out")


def test_what_cannot_be_moved_to_its_place_is_kept(tmp_path, monkeypatch):
    """As where the place is another disk's."""

    def is_busy(path, target):
        raise OSError(errno.EBUSY, "Device or resource busy", str(path), None, str(target))

    monkeypatch.setattr(Path, "rename", is_busy)
    with pytest.raises(OSError, match=r"resource busy\. What was written is whole in .*out\."):
        write_folder(overwrite=False, place=tmp_path / "out")
    assert (tmp_path / "out.unfinished/out/metadata.json").read_text() == NEW


# === Real kills ===

FOREVER = """
import itertools
from keras_elmo.files.new_folder import new_folder
for number in itertools.count():
    with new_folder("out", overwrite=True) as folder:
        for name in ("metadata.json", "more.json"):
            (folder / name).write_text(str(number))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")
@pytest.mark.parametrize("seconds", [0.0, 0.0013, 0.0037, 0.0101])
def test_kill_9(seconds, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen([sys.executable, "-c", FOREVER], env=environment)
    while not Path("out").exists() and process.poll() is None:
        time.sleep(0.001)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    with work_folder(Path("out")):  # is free, and has put in its place what the kill kept from it
        numbers = {path.read_text() for path in Path("out").iterdir()}
        assert len(numbers) == 1
        assert len(list(Path("out").iterdir())) == 2
    write_folder(overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
