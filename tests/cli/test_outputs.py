"""Outputs of commands: two at once, and folders of others beside them."""

from pathlib import Path

import pytest
from kill_support import write

from keras_elmo.files.work_folder import work_folder


def test_of_two_trainings_the_later_one_is_refused(run, tiny, reviews, tmp_path):
    """The first one loses nothing by it, not even its checkpoint."""
    arguments = ("train", reviews, "-o", "model", "--preset", tiny, "--overwrite")
    checkpoint = tmp_path / "model.checkpoint"
    write(checkpoint, "of the first one")
    with work_folder(Path("model")):
        shown = run(*arguments, code=1).stderr
    assert "another command is writing model. Wait until it has ended" in shown
    assert "emove" not in shown
    assert checkpoint.read_text() == "of the first one"
    missing = tmp_path / "none.csv"  # nor does a training that cannot begin
    assert "none.csv" in run("train", missing, *arguments[2:], code=1).stderr
    assert checkpoint.read_text() == "of the first one"
    assert not list(tmp_path.glob("model*/"))


@pytest.mark.parametrize("command", ["convert", "train"])
def test_folders_of_others(command, run, tiny, reviews, tmp_path):
    for name in ("p.unfinished", "p.replaced"):
        write(tmp_path / name / "thesis.txt", "years of work")
    arguments = (reviews, "--preset", tiny, "-o") if command == "train" else (tiny,)
    shown = run(command, *arguments, "p", code=1).stderr
    assert "p.unfinished is where p is written until it is whole" in shown
    assert "a folder with 'thesis.txt'" in shown
    for name in ("p.unfinished", "p.replaced"):
        assert (tmp_path / name / "thesis.txt").read_text() == "years of work"
