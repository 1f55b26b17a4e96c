"""Stored features whatever happens to processes, files and disks."""

import json
import os
import signal
import tempfile
from pathlib import Path

import numpy as np
import pytest
from store_support import (
    SENTENCE_BYTES,
    SENTENCES,
    check,
    done,
    fill,
    mend,
    numbered,
    opened,
    problems,
    python,
    rows,
    segments,
    stored,
)

from keras_elmo.embedding.store import segment_reader
from keras_elmo.embedding.store.errors import StoreError, StoreFullError
from keras_elmo.embedding.store.index import HEAD, RECORD


@pytest.fixture(autouse=True, scope="module")
def _mapped():
    """Map small segments, too, as if they were large."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segment_reader, "_SMALL", 0)
        yield


def test_a_writer_may_be_killed_at_any_moment(tmp_path):
    code = """
feature_store._BATCH_SENTENCES = 7
def features():
    for i in range(100_000):
        if i == int(sys.argv[2]):
            print("go", flush=True)
        yield rows([f"w{i}", "a", "b", "c"])
store = opened(sys.argv[1])
store.add(iter(numbered(0, 100_000)), features())
"""
    for moment in (1, 20, 300):
        process = python(code, tmp_path, moment)
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with opened(tmp_path) as store:
            count = stored(store)
            assert count >= moment // 7 * 7 - 7
            assert problems(store) == []
            check(store, numbered(0, count))
            assert store.missing(numbered(0, count + 5)) == list(range(count, count + 5))
            fill(store, numbered(0, count + 5))
            check(store, numbered(0, count + 5))


def test_two_writers_at_once(tmp_path):
    code = """
feature_store._BATCH_SENTENCES = 5
start = int(sys.argv[2])
with opened(sys.argv[1]) as store:
    fill(store, numbered(start, start + 200))
    check(store, numbered(start, start + 200))
"""
    for process in [python(code, tmp_path, start) for start in (0, 100)]:
        done(process)
    with opened(tmp_path) as store:
        check(store, numbered(0, 300))
        assert stored(store) == 300
        assert problems(store) == []
        assert len(segments(store)) == 2
        assert not list(tmp_path.glob("features/*.unfinished*"))


def test_a_segment_evicted_under_its_writer_is_written_again(tmp_path):
    with opened(tmp_path) as store, opened(tmp_path) as other:
        fill(store, numbered(0, 3))
        for name in other.index.segments():
            (other.folder / name).with_suffix(".keys").unlink()  # as another process evicts
            (store.folder / name).unlink()
        fill(store, numbered(3, 6))
        assert store.missing(numbered(0, 6)) == [0, 1, 2]
        check(store, numbered(3, 6))


def test_features_outlive_an_eviction_by_another_process(tmp_path):
    with opened(tmp_path) as store:
        fill(store, numbered(0, 3))
        features = store.features(numbered(0, 3))
        (name,) = store.index.segments()
        (store.folder / name).with_suffix(".keys").unlink()
        segments(store)[0].unlink()
        np.testing.assert_array_equal(features[2], rows(numbered(2, 3)[0]).astype("float16"))
        assert store.missing(numbered(0, 3)) == [0, 1, 2]


# === Damage ===


def damage(path, position, length=1):
    with path.open("r+b") as file:
        file.seek(position)
        old = file.read(length)
        file.seek(position)
        file.write(bytes(byte ^ 0x10 for byte in old))


def test_a_flipped_bit_is_found_and_mended(tmp_path):
    with opened(tmp_path) as store:
        fill(store, numbered(0, 9))
    damage(segments(store)[0], 4 * SENTENCE_BYTES + 5)
    with opened(tmp_path) as store:
        features = store.features(numbered(0, 9))
        check(store, numbered(0, 4))
        with pytest.raises(StoreError, match=r"is damaged: .*checksum.*cache verify --repair"):
            features[4]
        (problem,) = problems(store)
        assert (problem.kind, len(problem.keys)) == ("damaged", 1)
        assert mend(store, [problem]) == 1
        assert store.missing(numbered(0, 9)) == [4]
        fill(store, numbered(0, 9))
        check(store, numbered(0, 9))


def test_a_truncated_segment(tmp_path):
    with opened(tmp_path) as store:
        fill(store, numbered(0, 9))
    os.truncate(segments(store)[0], 5 * SENTENCE_BYTES + 1)
    with opened(tmp_path) as store:
        with pytest.raises(StoreError, match="truncated: expected 864 bytes, found 481 bytes"):
            store.features(numbered(0, 1))
        found = problems(store)
        assert "is truncated: expected 864 bytes, found 481; 4 sentences lost" in str(found[0])
        mend(store, found)
        assert problems(store) == []
        check(store, numbered(0, 5))
        assert store.missing(numbered(0, 9)) == [5, 6, 7, 8]


def test_a_missing_segment(tmp_path):
    with opened(tmp_path) as store:
        fill(store, numbered(0, 9))
    segments(store)[0].unlink()
    with opened(tmp_path) as store:
        with pytest.raises(StoreError, match="is missing"):
            store.features(numbered(0, 1))
        assert mend(store, problems(store)) == 9
        assert problems(store) == []
        assert stored(store) == 0


@pytest.mark.parametrize("pattern", ["*.keys", "model.json"])
def test_a_damaged_file_is_named(tmp_path, pattern):
    with opened(tmp_path) as store:
        fill(store, SENTENCES)
    (path,) = store.folder.glob(pattern)
    for content in (b"nothing", b"{}" * 99):
        path.write_bytes(content)
        with pytest.raises(StoreError, match=rf"{path.name}.*cache clear f00d"):
            opened(tmp_path)
    (store.folder / "model.json").unlink()
    with pytest.raises(StoreError, match=r"model\.json"):
        opened(tmp_path)


def test_a_damaged_index_never_gives_other_rows(tmp_path):
    """Wherever it is cut or changed, a sentence is stored as it was or not at all."""
    with opened(tmp_path) as store:
        for i in range(3):
            fill(store, numbered(2 * i, 2 * i + 2))
    (path,) = store.folder.glob("*.keys")
    whole, batch = path.read_bytes(), 8 + 2 * RECORD.itemsize
    for place in range(len(HEAD), len(whole), 4):
        changed = bytearray(whole)
        changed[place] ^= 0x10
        for content in (whole[:place], bytes(changed)):
            path.write_bytes(content)
            lost = numbered(2 * ((place - len(HEAD)) // batch), 6)
            at_end = len(content) == place and (place - len(HEAD)) % batch == 0
            with opened(tmp_path) as store:
                assert store.missing(numbered(0, 6)) == list(range(6 - len(lost), 6))
                check(store, numbered(0, 6 - len(lost)))
                assert len(problems(store)) == (0 if at_end else 1)
    with opened(tmp_path) as store:
        mend(store, problems(store))
        assert problems(store) == []
        fill(store, numbered(0, 6))
        check(store, numbered(0, 6))


def test_a_store_of_an_older_version_is_made_anew(tmp_path):
    with opened(tmp_path) as store:
        fill(store, SENTENCES)
    facts = json.loads((store.folder / "model.json").read_text())
    (store.folder / "model.json").write_text(json.dumps(facts | {"version": 1}))
    (store.folder / "index.sqlite").write_bytes(b"SQLite format 3")
    for path in store.folder.glob("*.keys"):
        path.unlink()
    with opened(tmp_path) as store:
        assert store.missing(SENTENCES) == [0, 1, 2, 3]
        assert segments(store) == []
        fill(store, SENTENCES)
        check(store, SENTENCES)


# === Disks ===


def test_a_full_disk_loses_nothing(tmp_path):
    """A limit on the size of files stands in for the disk: writes fail half way."""
    code = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = opened(sys.argv[1])
fill(store, numbered(0, 5))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
feature_store._BATCH_SENTENCES = 100
try:
    fill(store, numbered(5, 5000))
except OSError as error:
    print(error.errno, error)
count = stored(store)
check(store, numbered(0, count))
print(count)
"""
    *_, message, count = done(python(code, tmp_path)).splitlines()
    assert "File too large, what was stored before is kept" in message or "SQLite" in message
    assert 5 <= int(count) < 5000
    code = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # not one byte fits
check(opened(sys.argv[1]), numbered(0, 5))
"""
    done(python(code, tmp_path))
    with opened(tmp_path) as store:
        assert problems(store) == []
        assert stored(store) == int(count)
        fill(store, numbered(0, 2500))
        check(store, numbered(0, 2500))


READ_ONLY = """
import mmap, numpy.testing  # as long as their folders can be read
if os.geteuid() == 0:
    os.setuid(65534)  # root may write anywhere
"""


def unwritable(*folders):
    for folder in folders:
        folder.chmod(0o555)


def test_a_folder_that_cannot_be_written_is_read():
    code = """
store = opened(sys.argv[1])
check(store, numbered(0, 5))
assert problems(store) == []
try:
    fill(store, numbered(5, 6))
except PermissionError as error:
    print(error)
"""
    with tempfile.TemporaryDirectory() as root:
        with opened(root) as store:
            fill(store, numbered(0, 5))
        unwritable(store.folder, store.folder.parent, Path(root))
        assert "so no features are added" in done(python(READ_ONLY + code, root))
        store.folder.chmod(0o755)


def test_a_store_that_cannot_be_made():
    code = """
try:
    opened(sys.argv[1])
except PermissionError as error:
    print(error)
"""
    with tempfile.TemporaryDirectory() as root:
        unwritable(Path(root))
        shown = done(python(READ_ONLY + code, root))
    assert "cannot be stored (Permission denied). Set KERAS_ELMO_CACHE" in shown
    with tempfile.NamedTemporaryFile() as file, pytest.raises(OSError, match="cannot be stored"):
        opened(file.name)


# === The limit ===


def test_the_segments_unused_for_the_longest_time_are_evicted(tmp_path):
    limit = 10 * SENTENCE_BYTES
    for fingerprint, start in (("old", 0), ("new", 4)):
        with opened(tmp_path, fingerprint, max_bytes=limit) as store:
            fill(store, numbered(start, start + 2))
            fill(store, numbered(start + 2, start + 4))
    with opened(tmp_path, "old") as store:
        check(store, numbered(0, 2))  # touched: the others are older now
    with opened(tmp_path, "third", max_bytes=limit) as store:
        fill(store, numbered(0, 5))
        check(store, numbered(0, 5))
    with opened(tmp_path, "old") as old, opened(tmp_path, "new") as new:
        assert old.missing(numbered(0, 4)) == [2, 3]
        assert new.missing(numbered(4, 8)) == [0, 1]
        assert problems(old) == problems(new) == []


def test_what_this_process_reads_is_not_evicted(tmp_path):
    limit = 10 * SENTENCE_BYTES
    with opened(tmp_path, max_bytes=limit) as store:
        fill(store, numbered(0, 6))
        features = store.features(numbered(0, 6))
        with pytest.raises(StoreFullError, match="Raise KERAS_ELMO_CACHE_BYTES"):
            fill(store, numbered(6, 12))
        with pytest.raises(StoreFullError, match=r"may hold 960 bytes of features, but 1\.9 kB"):
            fill(store, numbered(6, 26))
        check(store, numbered(0, 6))
    with opened(tmp_path, "other", max_bytes=limit) as other:
        with pytest.raises(StoreFullError):
            fill(other, numbered(0, 6))
        del features
        fill(other, numbered(0, 6))
    with opened(tmp_path) as store:
        assert stored(store) == 0


def test_files_without_an_index_entry_give_way_first(tmp_path):
    limit = 10 * SENTENCE_BYTES
    with opened(tmp_path, max_bytes=limit) as store:
        fill(store, numbered(0, 3))
        waste = store.folder / "1-00.rows"  # as left by a process that died while it evicted
        waste.write_bytes(bytes(5 * SENTENCE_BYTES))
    with opened(tmp_path, max_bytes=limit) as store:
        fill(store, numbered(3, 8))
        check(store, numbered(0, 8))
        assert not waste.exists()
