"""Damaged files of presets, trained tasks and checkpoints: a message that names the file.

Files are changed at random (seeded) or by design. What comes of it is an error of this library's
kind, at once and in bounded memory, or what the whole file gives.
"""

import json
import shutil
import zipfile

import h5py
import numpy as np
import pytest
from support import small_backbone, without_checksums

from keras_elmo import ElmoPreprocessor, ElmoTextClassifier
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.files.npz_file import read_npz
from keras_elmo.pretraining import checkpoint as pretraining_checkpoint
from keras_elmo.pretraining.config import check_state
from keras_elmo.tasks.loading import load_task
from keras_elmo.tasks.task_labels import read_task_labels
from keras_elmo.training import checkpoint as training_checkpoint
from keras_elmo.weights import WeightsError
from keras_elmo.weights.checksums import check_file, checksums
from keras_elmo.weights.detection import load_elmo
from keras_elmo.weights.formats.hdf5 import list_arrays
from keras_elmo.weights.sources.presets import EMBEDDED, list_presets

SEED = 4
WEIRD = (
    10**12,
    -1,
    0,
    1e308,
    "x",
    None,
    True,
    [],
    {},
    [[10**12, 1]],
    [10**12],
    {"class_name": "Dense"},
)
FILES = ("config.json", "model.weights.h5", "preprocessor.json", "task.json", "task.weights.h5")
DEEP = '{"class_name": ' + "[" * 100_000


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return the folder of a small trained task with n-grams."""
    folder = tmp_path_factory.mktemp("whole") / "model"
    words = ["<S>", "</S>", "<UNK>", "good", "bad"]
    preprocessor = ElmoPreprocessor("whitespace", max_characters_per_token=8, word_vocabulary=words)
    task = ElmoTextClassifier(
        small_backbone()[0],
        labels=["neg", "pos"],
        preprocessor=preprocessor,
        lstm_units=4,
        word_embedding_dim=3,
    )
    texts, labels = ["good film", "bad film"] * 4, ["pos", "neg"] * 4
    task.add_ngrams(texts, labels, (texts, labels))
    task.save_to_preset(folder)
    return folder


@pytest.fixture
def folder(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "model")


def mutated(content, rng):
    """Return content with bytes changed, cleared, left out or cut off."""
    content = bytearray(content)
    kind, place = rng.integers(4), int(rng.integers(len(content)))
    if kind == 0:
        for _ in range(rng.integers(1, 4)):
            content[rng.integers(len(content))] ^= int(rng.integers(1, 256))
    elif kind == 1:
        content[place : place + 64] = bytes(len(content[place : place + 64]))
    elif kind == 2:
        del content[place : place + int(rng.integers(1, 100))]
    else:
        del content[place:]
    return bytes(content)


def read_elmo(folder):
    load_elmo(folder)


def read_arrays(folder):
    dict(load_elmo(folder).variables)


def read_task_weights(folder):
    read_task_labels(folder)
    list_arrays(folder / "task.weights.h5", floats=False)


# What reads a file without building anything.
READERS = {
    "config.json": read_elmo,
    "model.weights.h5": read_arrays,
    "preprocessor.json": read_elmo,
    "metadata.json": read_elmo,
    "task.json": read_task_labels,
    "task.weights.h5": read_task_weights,
}


@pytest.mark.parametrize("name", [*FILES, "ngrams.npz"])
def test_no_changed_byte_goes_unnoticed(folder, name):
    rng, path = np.random.default_rng(1), folder / name
    whole = path.read_bytes()
    for _ in range(20):
        changed = mutated(whole, rng)
        if changed != whole:
            path.write_bytes(changed)
            with pytest.raises(WeightsError, match=f"{name} is damaged"):
                check_file(path)
    path.write_bytes(whole)
    check_file(path)


def test_a_damaged_model_folder_is_not_loaded(folder):
    for name in (*FILES, "ngrams.npz"):
        path = folder / name
        whole = path.read_bytes()
        load = ElmoPreprocessor.from_preset if name == "preprocessor.json" else load_task
        load = ElmoBackbone.from_preset if name == "config.json" else load
        place = len(whole) // 2
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(WeightsError, match=name):
            load(folder)
        path.write_bytes(whole)


def test_folders_without_checksums_load_as_before(folder):
    before = load_task(folder).get_weights()
    without_checksums(folder)
    for a, b in zip(load_task(folder).get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_presets_inside_have_the_right_checksums():
    for name in list_presets():
        metadata = json.loads((EMBEDDED / name / "metadata.json").read_text())
        assert metadata["files"] == checksums(EMBEDDED / name)
        assert {"config.json", "model.weights.h5", "softmax.h5"} <= metadata["files"].keys()


@pytest.mark.parametrize("name", FILES)
def test_random_damage_without_checksums(folder, name):
    without_checksums(folder)
    rng, path, whole = np.random.default_rng(2), folder / name, (folder / name).read_bytes()
    for _ in range(25):
        path.write_bytes(mutated(whole, rng))
        try:
            READERS[name](folder)
        except ValueError as error:
            assert name.partition(".")[0] in str(error) or str(folder) in str(error)  # noqa: PT017


def leaves(value, path=()):
    """Yield where the values of a JSON file stand."""
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))


@pytest.mark.parametrize("name", ["config.json", "preprocessor.json", "task.json"])
def test_other_values_in_json(folder, name):
    without_checksums(folder)
    path = folder / name
    whole, rng = json.loads(path.read_text()), np.random.default_rng(SEED)
    places = list(leaves(whole))
    for place in [places[i] for i in rng.permutation(len(places))[:60]]:
        changed = json.loads(json.dumps({"": whole}))
        inner = changed
        for key in ("", *place[:-1]) if place else ():
            inner = inner[key]
        inner[place[-1] if place else ""] = WEIRD[rng.integers(len(WEIRD))]
        path.write_text(json.dumps(changed[""]))
        try:
            READERS[name](folder)
        except ValueError as error:
            assert str(folder) in str(error)  # noqa: PT017


@pytest.mark.parametrize("name", ["config.json", "preprocessor.json", "task.json", "metadata.json"])
def test_deep_and_huge_json(folder, name):
    path = folder / name
    path.write_text(DEEP)
    with pytest.raises(ValueError, match=r"\.json|must hold one ELMo"):
        READERS[name](folder)
    path.write_text('{"n": ' + "9" * 10_000 + "}")
    with pytest.raises(ValueError, match=r"\.json|must hold one ELMo"):
        READERS[name](folder)


@pytest.mark.parametrize(
    ("file", "changes", "told"),
    [
        ("config.json", {"num_layers": 10**12}, "argument num_layers must be"),
        ("config.json", {"units": 2**24}, "its sizes must be those of the weights beside it"),
        ("config.json", {"dtype": 7}, "does not describe ElmoBackbone"),
        ("task.json", {"lstm_units": 2**20}, "its sizes must be those of the weights beside it"),
        ("task.json", {"word_embedding_dim": 2**20}, "its sizes must be those"),
        ("task.json", {"pooling": 5}, "does not describe ElmoTextClassifier"),
        ("task.json", {"pooling": {"class_name": "Lambda"}}, "must be a plain value"),
        ("task.json", {"labels": ["neg", "pos", "more"]}, "does not fit the configuration"),
    ],
)
def test_nothing_is_built_that_cannot_be(folder, file, changes, told):
    without_checksums(folder)
    described = json.loads((folder / file).read_text())
    described["config"] |= changes
    (folder / file).write_text(json.dumps(described))
    with pytest.raises(WeightsError, match=told):
        ElmoBackbone.from_preset(folder) if file == "config.json" else load_task(folder)


def test_damaged_inner_hdf5(folder):
    without_checksums(folder)
    path = folder / "task.weights.h5"
    whole = path.read_bytes()
    with h5py.File(path) as file:
        names = []
        file.visititems(lambda name, node: names.append(name) if hasattr(node, "shape") else None)
    for change in ("remove", "shape", "type", "huge", "group"):
        path.write_bytes(whole)
        with h5py.File(path, "a") as file:
            shape = file[names[0]].shape
            del file[names[0]]
            if change == "shape":
                file[names[0]] = np.zeros((1, *shape), "f4")
            elif change == "type":
                file[names[0]] = np.full(shape, b"text")
            elif change == "huge":  # 4 GB of which nothing is written but one number
                huge = file.create_dataset(names[0], (2**30,), "f4", chunks=(1024,))
                huge[0] = 1.0
            elif change == "group":
                file.create_group(names[0])
        with pytest.raises(WeightsError, match=r"task\.weights\.h5"):
            load_task(folder)


# === Archives of arrays and checkpoints ===

FACTS = {"training": {}, "position": [1, 2], "stopped": False, "history": [{"loss": 1.0}]}


def write_checkpoint(path, **changes):
    arrays = {"variable/0": np.arange(6, dtype="f4").reshape(2, 3), "order": np.eye(3).T[:, :2]}
    with path.open("wb") as file:
        np.savez(file, **arrays, facts=np.array(json.dumps(FACTS | changes)))
    return arrays


def test_an_archive_has_what_was_written(tmp_path):
    arrays = write_checkpoint(tmp_path / "checkpoint")
    arrays |= {"fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "none": np.zeros((0, 3))}
    np.savez_compressed(tmp_path / "a.npz", **arrays)
    found = read_npz(tmp_path / "a.npz", "arrays", hint="")
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        found[name][...] = 0  # they can be written to


def test_random_damage_of_a_training_checkpoint(tmp_path):
    path, rng = tmp_path / "checkpoint", np.random.default_rng(3)
    write_checkpoint(path)
    whole, expected = path.read_bytes(), training_checkpoint._read(path)
    for _ in range(200):
        path.write_bytes(mutated(whole, rng))
        try:
            arrays, facts = training_checkpoint._read(path)
        except ValueError as error:
            assert str(path) in str(error)  # noqa: PT017
            continue
        assert facts == expected[1]
        for name, array in expected[0].items():
            np.testing.assert_array_equal(arrays[name], array)


def header(shape, dtype="<f4"):
    text = repr({"descr": dtype, "fortran_order": False, "shape": shape}).ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    "member",
    [
        header((10**12,)) + bytes(16),
        header((10**30,)) + bytes(16),
        header((-4,)) + bytes(16),
        header((4,), "|O") + bytes(32),
        header((4,), "nonsense") + bytes(16),
        b"\x93NUMPY\x09\x00",
        b"",
        b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535,
    ],
)
def test_arrays_that_cannot_be(tmp_path, member):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", member)
    with pytest.raises(ValueError, match=r"a\.npz must hold arrays"):
        read_npz(path, "arrays", hint="")


@pytest.mark.parametrize(
    "changes",
    [{"position": 3}, {"position": [1, -1]}, {"history": {}}, {"training": []}, {"stopped": "x"}],
)
def test_facts_of_a_checkpoint_that_cannot_be(tmp_path, changes):
    write_checkpoint(tmp_path / "checkpoint", **changes)
    with pytest.raises(ValueError, match="is no checkpoint of a training, or damaged"):
        training_checkpoint._read(tmp_path / "checkpoint")


def language_model(**changes):
    backbone = small_backbone()[0].get_config() | changes.pop("backbone", {})
    config = {"backbone": {"config": backbone}, "vocabulary_size": 5, "cutoffs": None} | changes
    return json.dumps({"class_name": "ElmoLanguageModel", "config": config})


@pytest.mark.parametrize(
    "described",
    [
        DEEP,
        "[]",
        "{}",
        json.dumps({"class_name": "Lambda", "config": {}}),
        language_model(vocabulary_size=10**12),
        language_model(vocabulary_size=2**20),
        language_model(cutoffs=5),
        language_model(backbone={"num_layers": 10**12}),
        language_model(backbone={"units": 2**20}),
    ],
)
def test_a_pretraining_checkpoint_that_cannot_be(tmp_path, described):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", described)
        archive.writestr("model.weights.h5", bytes(100_000))
    with pytest.raises(ValueError, match=r"model\.keras"):
        pretraining_checkpoint._load_model(path)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(ValueError, match=r"model\.keras must hold a language model"):
        pretraining_checkpoint._load_model(path)


@pytest.mark.parametrize(
    "changes",
    [{"progress": []}, {"progress": {"step": -1}}, {"progress": {"more": 1}}, {"corpus": 3}],
)
def test_a_state_that_cannot_be(tmp_path, changes):
    state = {"progress": {"step": 1}, "config": {}, "corpus": "abc"}
    path = tmp_path / "state.json"
    path.write_text(json.dumps(state))
    assert check_state(path) == state
    path.write_text(json.dumps(state | changes))
    with pytest.raises(ValueError, match=r"state\.json: must say where a run stands"):
        check_state(path)
