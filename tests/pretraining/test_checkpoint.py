"""Whatever moment the process dies at, a whole checkpoint remains."""

import contextlib
import itertools
import json
import shutil
from pathlib import Path

import pytest

from keras_elmo.pretraining import checkpoint
from keras_elmo.pretraining.checkpoint import load_checkpoint, save_checkpoint


class Killed(BaseException):
    """The process ends here."""


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


def kill_at(patch, step):
    """Let the file operations of a save raise from number `step` on."""
    count = itertools.count()
    for owner, name in ((shutil, "rmtree"), (Path, "rename"), (Path, "write_text")):
        operation = getattr(owner, name)

        def counted(*args, _operation=operation, **kwargs):
            if next(count) >= step:
                raise Killed
            return _operation(*args, **kwargs)

        patch.setattr(owner, name, counted)


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


@pytest.mark.parametrize(("first", "second"), list(itertools.product(range(10), repeat=2)))
def test_killed_twice_in_a_row(first, second, tmp_path, monkeypatch):
    """Every pair of moments: the second save meets what the first one left lying about."""
    save(tmp_path, 0)
    for number, step in ((1, first), (2, second)):
        with monkeypatch.context() as patch:
            kill_at(patch, step)
            with contextlib.suppress(Killed):
                save(tmp_path, number)
        assert load(tmp_path) <= number
    save(tmp_path, 3)
    assert load(tmp_path) == 3
