"""Whatever moment the process dies at, a whole checkpoint remains."""

import itertools
import json
from functools import partial

import pytest
from kill_support import kill

from keras_elmo.pretraining import checkpoint
from keras_elmo.pretraining.checkpoint import load_checkpoint, save_checkpoint


class FakeModel:
    """Saves its number, slowly enough to be interrupted half way."""

    variables = weights = ()

    def __init__(self, number, fails=False):
        self.number, self.fails = number, fails

    def save(self, path):
        path.write_text("half")
        if self.fails:
            raise OSError("no space left on device")
        path.write_text(str(self.number))


@pytest.fixture(autouse=True)
def _models_are_texts(monkeypatch):
    monkeypatch.setattr(checkpoint, "_load_model", lambda path: FakeModel(path.read_text()))
    monkeypatch.setattr(checkpoint, "check_state", lambda path: json.loads(path.read_text()))


def save(folder, number, **kwargs):
    save_checkpoint(folder, FakeModel(number, **kwargs), {"number": number})


def load(folder):
    model, state = load_checkpoint(folder)
    assert int(model.number) == state["number"]
    return state["number"]


def test_nothing_there(tmp_path):
    assert load_checkpoint(tmp_path) is None


def test_the_newest_is_loaded(tmp_path):
    save(tmp_path, 1)
    save(tmp_path, 2)
    assert load(tmp_path) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]


def test_a_failing_save_leaves_the_old_one(tmp_path):
    save(tmp_path, 1)
    with pytest.raises(OSError, match="no space"):
        save(tmp_path, 2, fails=True)
    assert load(tmp_path) == 1
    save(tmp_path, 3)
    assert load(tmp_path) == 3


def test_killed_twice_in_a_row(tmp_path):
    """At many pairs of moments: the second save meets what the first one left lying about."""
    for first, second in itertools.product(range(16), range(0, 16, 4)):
        folder = tmp_path / f"{first}-{second}"
        save(folder, 0)
        for number, at in ((1, first), (2, second)):
            kill(partial(save, folder, number), folder, at)
            if second % 8:  # else it is not read between two kills
                assert load(folder) <= number
        save(folder, 3)
        assert load(folder) == 3
        assert [path.name for path in folder.iterdir()] == ["checkpoint"]


def test_folders_of_others_stay(tmp_path):
    """A copy that somebody made of a checkpoint is no longer taken for an older one."""
    save(tmp_path, 1)
    for name in ("checkpoint.previous", "checkpoint.replaced"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "state.json").write_text("mine")
    save(tmp_path, 2)
    assert load(tmp_path) == 2
    assert (tmp_path / "checkpoint.previous/state.json").read_text() == "mine"
    (tmp_path / "checkpoint.unfinished").mkdir()
    (tmp_path / "checkpoint.unfinished/thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="thesis"):
        save(tmp_path, 3)
    assert load(tmp_path) == 2
    assert (tmp_path / "checkpoint.unfinished/thesis.txt").read_text() == "mine"
