"""One folder for features and models; what older versions kept is found there."""

import pytest

from keras_elmo.embedding.store.settings import features_folder
from keras_elmo.files.cache_folder import cache_folder
from keras_elmo.weights.sources.catalogue import PublishedModel, RemoteFile

MODEL = PublishedModel("a", "English", "", "", "", {"weights.hdf5": RemoteFile("https://x.test")})


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for name in ("XDG_CACHE_HOME", "KERAS_ELMO_HOME", "KERAS_ELMO_CACHE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_everything_is_kept_in_one_folder(home, monkeypatch):
    assert cache_folder() == home / ".cache/keras-elmo"
    assert features_folder() == home / ".cache/keras-elmo/features"
    assert MODEL.folder == home / ".cache/keras-elmo/models/a"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "other"))
    assert features_folder() == home / "other/keras-elmo/features"
    assert MODEL.folder == home / "other/keras-elmo/models/a"


def test_what_an_older_version_fetched_is_taken_over(home):
    old = home / ".cache/keras_elmo/models/a"
    old.mkdir(parents=True)
    (old / "weights.hdf5").write_bytes(b"weights")
    assert MODEL.is_here
    assert (home / ".cache/keras-elmo/models/a/weights.hdf5").read_bytes() == b"weights"
    assert not old.exists()


def test_what_cannot_be_moved_is_used_where_it_is(home):
    old = home / ".cache/keras_elmo/models/a"
    old.mkdir(parents=True)
    (home / ".cache/keras-elmo").write_bytes(b"in the way")
    assert MODEL.folder == old


def test_a_folder_of_ones_own_is_left_alone(home, monkeypatch):
    old = home / ".cache/keras_elmo/models/a"
    old.mkdir(parents=True)
    monkeypatch.setenv("KERAS_ELMO_HOME", str(home / "own"))
    assert MODEL.folder == home / "own/models/a"
    assert old.exists()
