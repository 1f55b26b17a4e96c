"""Files of features: each format read by its own library, and jobs that are interrupted."""

import errno
import json
import sys
from itertools import pairwise

import h5py
import numpy as np
import pytest

from keras_elmo.embedding import feature_files
from keras_elmo.embedding.output.embed_file import EmbedProgress, FeatureSource, embed_file
from keras_elmo.embedding.output.feature_choice import FeatureChoice
from keras_elmo.files.work_folder import work_folder

SENTENCES = [[f"w{i}{j}é" for j in range(1 + i % 4)] for i in range(150)]
JOB = {"model": "abc", "model_name": "tiny"}


class FakeEngine:
    """Numbers that depend on all that came before, and are counted."""

    def __init__(self, fail_at=None):
        self.fail_at, self.computed, self.noise = fail_at, [], 0

    def embed(self, sentences):
        for tokens in sentences:
            if len(self.computed) == self.fail_at:
                raise KeyboardInterrupt
            self.computed.append(tokens)
            self.noise += len(tokens)
            numbers = np.random.default_rng(len("".join(tokens)) + self.noise)
            yield numbers.normal(size=(len(tokens), 3, 4)).astype(np.float32)

    def load(self):
        return FeatureSource(self.embed, 2, self.save_state, self.load_state)

    def save_state(self, path):
        path.write_text(str(self.noise))

    def load_state(self, path):
        self.noise = int(path.read_text())


def embed(output, choice=None, sentences=SENTENCES, engine=None, job=JOB, **options):
    """Chunks of 32 sentences."""
    engine = engine or FakeEngine()
    embed_file(
        output,
        iter(sentences),
        engine.load,
        choice or FeatureChoice(),
        job=job,
        chunk_sentences=32,
        **options,
    )
    return engine


def expected(choice):
    return [choice.of(rows) for rows in FakeEngine().embed(SENTENCES)]


def read_hdf5(path, pooled):
    with h5py.File(path) as file:
        if pooled:
            return list(file["features"])
        arrays = [file[str(i)][...] for i in range(len(file))]
        return [x.swapaxes(0, 1) if x.ndim == 3 else x for x in arrays]


def split(features, offsets):
    return [features[begin:end] for begin, end in pairwise(offsets)]


def read_npz(path, pooled):
    with np.load(path) as arrays:
        return list(arrays["features"]) if pooled else split(arrays["features"], arrays["offsets"])


def read_npy(path, pooled):
    features = np.load(path, mmap_mode="r")
    return list(features) if pooled else split(features, np.load(path.with_suffix(".offsets.npy")))


def read_safetensors(path, pooled):
    from safetensors.numpy import load_file

    tensors = load_file(path)
    return list(tensors["features"]) if pooled else split(tensors["features"], tensors["offsets"])


def read_parquet(path, pooled):
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    assert table["tokens"].to_pylist() == SENTENCES
    assert table["sentence"].to_pylist() == list(range(len(SENTENCES)))
    features = table["features"].type
    value = features if pooled else features.value_type
    while hasattr(value, "value_type"):
        value = value.value_type
    return [np.array(x, value.to_pandas_dtype()) for x in table["features"].to_pylist()]


READERS = {
    "h5": read_hdf5,
    "npz": read_npz,
    "npy": read_npy,
    "parquet": read_parquet,
    "safetensors": read_safetensors,
}
CHOICES = [
    FeatureChoice(),
    FeatureChoice(layers="top", dtype="float16"),
    FeatureChoice(pool="max"),
    FeatureChoice(mix="concat", pool="mean"),
]


@pytest.mark.parametrize("choice", CHOICES, ids=str)
@pytest.mark.parametrize("ending", READERS)
def test_its_own_library_reads_the_same_numbers(tmp_path, ending, choice):
    if ending in ("parquet", "safetensors"):
        pytest.importorskip({"parquet": "pyarrow"}.get(ending, ending))
    path = tmp_path / f"out.{ending}"
    embed(path, choice)
    found = READERS[ending](path, choice.pooled)
    assert len(found) == len(SENTENCES)
    for a, b in zip(found, expected(choice), strict=True):
        assert a.dtype == choice.dtype
        np.testing.assert_array_equal(a, b)
    assert not list(tmp_path.glob("*.unfinished"))


def test_the_files_say_what_they_hold(tmp_path):
    choice = FeatureChoice(layers="0,2", mix="average")
    embed(tmp_path / "out.h5", choice)
    with h5py.File(tmp_path / "out.h5") as file:
        assert file.attrs["layers"].tolist() == [0, 2]
        assert file.attrs["mix"] == "average"
    embed(tmp_path / "out.safetensors", choice)
    data = (tmp_path / "out.safetensors").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    about = {"layers": "0,2", "mix": "average", "pool": "none", "model_name": "tiny"}
    assert header["__metadata__"] == about


@pytest.mark.parametrize("ending", READERS)
def test_it_goes_on_where_it_was(tmp_path, ending):
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    whole, path = tmp_path / f"whole.{ending}", tmp_path / f"out.{ending}"
    embed(whole)
    with pytest.raises(KeyboardInterrupt):
        embed(path, engine=FakeEngine(fail_at=70))
    with (tmp_path / f"out.{ending}.unfinished" / "rows.bin").open("ab") as file:
        file.write(b"half a row")  # as after a power cut
    with pytest.raises(KeyboardInterrupt):
        embed(path, engine=FakeEngine(fail_at=40))
    assert embed(path).computed == SENTENCES[96:]
    if ending == "h5":  # its root group holds the second it was made in
        for found, right in zip(read_hdf5(path, False), read_hdf5(whole, False), strict=True):
            np.testing.assert_array_equal(found, right)
    else:
        assert path.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob("*.unfinished"))


def test_after_the_last_sentence_nothing_is_computed(tmp_path, monkeypatch):
    def broken(path, rows):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    path = tmp_path / "out.npz"
    monkeypatch.setattr("keras_elmo.embedding.feature_files.npz_file.write", broken)
    message = "out.npz.unfinished keeps the 150 sentences that are done"
    with pytest.raises(OSError, match=message):
        embed(path)
    monkeypatch.undo()
    assert embed(path).computed == []
    assert len(read_npz(path, pooled=False)) == 150


@pytest.fixture
def unfinished(tmp_path):
    """Return an output of which 64 sentences are done."""
    with pytest.raises(KeyboardInterrupt):
        embed(tmp_path / "out.npz", engine=FakeEngine(fail_at=70))
    return tmp_path / "out.npz"


CHANGES = [
    ({"choice": FeatureChoice(layers="top")}, r"layers 'all' \(now 'top'\)"),
    ({"to": "hdf5"}, "to 'npz'"),
    ({"job": JOB | {"model": "abd"}}, "the files of the model tiny"),
    ({"job": {"model": "x", "model_name": "big"}}, r"model tiny \(now big\)"),
    ({"sentences": [*SENTENCES[:9], ["new"], *SENTENCES[10:]]}, "its sentences are others"),
    ({"sentences": SENTENCES[:50]}, "it has 50 sentences only"),
]


@pytest.mark.parametrize(("change", "message"), CHANGES)
def test_another_job_is_refused_until_restart(unfinished, change, message):
    with pytest.raises(ValueError, match=f"{message}.*--restart"):
        embed(unfinished, **change)
    computed = embed(unfinished, restart=True, **change).computed
    assert computed == change.get("sentences", SENTENCES)


def test_damage_is_noticed(unfinished):
    (unfinished.with_name("out.npz.unfinished") / "rows.bin").write_bytes(b"")
    with pytest.raises(ValueError, match=r"rows.bin is damaged.*--restart"):
        embed(unfinished)


def test_two_at_once(unfinished):
    message = "another command is writing .*out.npz. Wait until it has ended"
    with work_folder(unfinished), pytest.raises(ValueError, match=message):
        embed(unfinished)
    embed(unfinished)


def test_folders_of_others_are_left_alone(tmp_path):
    (tmp_path / "out.npz.unfinished").mkdir()
    (tmp_path / "out.npz.unfinished" / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="a folder with 'thesis"):
        embed(tmp_path / "out.npz", restart=True)
    assert (tmp_path / "out.npz.unfinished" / "thesis.txt").read_text() == "years of work"


def test_a_failure_before_the_first_chunk_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        embed(tmp_path / "out.npz", engine=FakeEngine(fail_at=5))
    assert not list(tmp_path.iterdir())


def test_both_files_of_npy_are_protected(tmp_path):
    (tmp_path / "out.offsets.npy").write_bytes(b"precious")
    with pytest.raises(FileExistsError, match=r"out\.offsets\.npy"):
        embed(tmp_path / "out.npy")


def test_endings(tmp_path):
    with pytest.raises(ValueError, match="--to"):
        embed(tmp_path / "out.txt")
    embed(tmp_path / "out.txt", to="npz")
    assert len(read_npz(tmp_path / "out.txt", pooled=False)) == 150


def test_a_missing_extra_is_named_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, f"{feature_files.__name__}.parquet_file", raising=False)
    engine = FakeEngine()
    with pytest.raises(ImportError, match=r'pip install "keras-elmo\[parquet\]"'):
        embed(tmp_path / "out.parquet", engine=engine)
    assert not engine.computed


def test_memory_is_bounded_by_tokens_not_by_sentences(tmp_path):
    chunks = []

    class Recorder(FakeEngine):
        def embed(self, sentences):
            chunks.append(len(sentences))
            return super().embed(sentences)

    long = [["w"] * 24_000] * 7
    embed(tmp_path / "out.npz", FeatureChoice(pool="max"), long, Recorder())
    assert chunks == [3, 3, 1]


def test_progress_counts_only_what_is_new(unfinished):
    told = []

    class Recorder(EmbedProgress):
        def on_continue(self, sentences, tokens):
            told.append((sentences, tokens))

        def on_sentence(self, tokens):
            told.append(tokens)

        def on_written(self, num_bytes):
            told.append(-num_bytes)

    embed(unfinished, progress=Recorder())
    lengths = [len(tokens) for tokens in SENTENCES]
    assert told[0] == (64, sum(lengths[:64]))
    assert told[1:87] == lengths[64:]
    assert -sum(told[87:]) == sum(lengths) * 3 * 4 * 4
