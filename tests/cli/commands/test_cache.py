"""`keras-elmo cache`: what is listed, found damaged, and removed."""

import os
import re

import numpy as np
import pytest

from keras_elmo.embedding.store.feature_store import FeatureStore
from keras_elmo.files.work_folder import MARK

SENTENCES = [["Ada", "lives"], ["in", "Rome", "."]]


@pytest.fixture(autouse=True)
def _root(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_ELMO_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def stores():
    """Two models: one with a name, one without."""
    folders = []
    for fingerprint, name in (("abc123", "mini [x]"), ("def456", "")):
        with FeatureStore(fingerprint, (3, 4), name=name) as store:
            store.add(SENTENCES, [np.ones((len(tokens), 3, 4)) for tokens in SENTENCES])
        folders.append(store.folder)
    return folders


def test_an_empty_cache(run, tmp_path):
    assert f"No features are stored in {tmp_path}/cache/features" in run("cache", "list").stderr
    assert "0 models" in run("cache", "verify").stderr
    assert "Removed the features of 0 models" in run("cache", "clear").stderr
    assert not (tmp_path / "cache").exists()


def test_list(run, stores, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_ELMO_CACHE_BYTES", "3GB")
    shown = run("cache", "list")
    assert re.search(r"mini \[x\] +│ abc123 +│ float16 +│ +2 │ +5 │ 120 bytes │ 20", shown.stdout)
    assert f"240 bytes of at most 3.0 GB in {tmp_path}/cache/features" in shown.stderr
    next(stores[0].glob("*.keys")).write_bytes(b"nothing")
    assert "damaged" in run("cache", "list").stdout
    assert "No features" in run("cache", "list", "--root", "elsewhere").stderr


def test_verify_and_repair(run, stores):
    assert "2 models, 240 bytes: everything is as written" in run("cache", "verify").stderr
    os.truncate(next(stores[0].glob("*.rows")), 50)
    next(stores[1].glob("*.keys")).write_bytes(b"nothing")
    shown = run("cache", "verify", code=1).stderr
    assert "is truncated: expected 120 bytes, found 50; 1 sentences lost" in shown
    assert ".keys is damaged" in shown
    assert "2 of 2 mended" in run("cache", "verify", "--repair").stderr
    run("cache", "verify")
    with FeatureStore("abc123", (3, 4)) as store:
        assert store.missing(SENTENCES) == [1]
    assert not stores[1].exists()
    (stores[0] / "model.json").write_text('{"format": "of a newer version"}')
    shown = run("cache", "verify", "--repair", code=1).stderr
    assert re.search(r"model.json does not describe .* cache clear abc123-float16-3x4", shown)
    assert stores[0].exists()


@pytest.mark.parametrize("chosen", ["mini [x]", "abc"])
def test_clear_one(run, stores, chosen):
    run("cache", "clear", chosen, code=1, stdin="n\n")
    assert stores[0].exists()
    run("cache", "clear", chosen, stdin="y\n")
    assert [folder.exists() for folder in stores] == [False, True]
    assert "Received: 'nothing'" in run("cache", "clear", "nothing", code=1).stderr


def test_clear_all_removes_stores_only(run, stores):
    features = stores[0].parent
    (features / "photos").mkdir()
    (features / "photos" / "index.sqlite").touch()
    (features / "notes.txt").touch()
    killed = features / f"{stores[1].name}.unfinished"  # as a killed clear leaves it
    killed.mkdir()
    (killed / MARK).touch()
    stores[1].rename(killed / "removed")
    (stores[0] / "thesis.txt").touch()
    assert "it holds 'thesis.txt'" in run("cache", "clear", "--yes", code=1).stderr
    assert len(list(stores[0].iterdir())) == 4
    (stores[0] / "thesis.txt").unlink()
    assert "1 models, 120 bytes" in run("cache", "clear", "--yes").stderr
    assert sorted(path.name for path in features.iterdir()) == ["notes.txt", "photos"]
