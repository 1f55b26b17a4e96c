"""`tune`: a search that is killed and goes on, and a command that repeats its best trial."""

import csv
import json
import shlex
import signal
import sys

import h5py
import numpy as np
import pytest
from command_line import signalled

SPACE = """
from keras_elmo.search.space import Choice, Float
SPACE = {
    "lstm_units": Choice(2, 4),
    "learning_rate": Float(1e-3, 1e-1, log=True),
    "elmo_dropout": Float(0.0, 0.5),
    "mix": Choice("mean", "1"),
}
"""
LEFT = {"study.db", "best", "trials.csv", "history.png", "importance.png", "train_command.txt"}


def rows(folder):
    """The trials without their seconds."""
    with (folder / "trials.csv").open() as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def history(folder):
    with (folder / "history.csv").open() as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def weights(folder):
    found = {}
    with h5py.File(folder / "task.weights.h5") as file:
        file.visititems(
            lambda name, x: found.update({name: x[...]} if isinstance(x, h5py.Dataset) else {})
        )
    return found


@pytest.mark.slow
def test_a_search_that_is_killed_and_repeated(run, tiny, reviews, tmp_path):
    (tmp_path / "space.py").write_text(SPACE)
    arguments = ("tune", reviews, "--preset", tiny, "--space", "space.py", "--epochs", "2")
    arguments += ("--trials", "4", "--jobs", "1")
    shown = run(*arguments, "-o", "search")
    assert {path.name for path in (tmp_path / "search").iterdir()} == LEFT
    assert "trial 4/4: " in shown.stderr
    assert "learning_rate" in shown.stderr
    found = rows(tmp_path / "search")
    assert [row["number"] for row in found] == ["1", "2", "3", "4"]

    # === The command repeats the best trial ===
    command = shlex.split((tmp_path / "search" / "train_command.txt").read_text())
    assert shlex.join(command) == shown.stdout.strip()
    best = tmp_path / "search" / "best"
    assert json.loads((best / "command.json").read_text())["command"] == command
    run(*command[1:])
    assert (tmp_path / "model/metrics.json").read_text() == (best / "metrics.json").read_text()
    assert history(tmp_path / "model") == history(best)
    repeated, kept = weights(tmp_path / "model"), weights(best)
    assert repeated.keys() == kept.keys()
    for name in kept:
        np.testing.assert_array_equal(repeated[name], kept[name])

    # === A killed search finds the same ===
    code, _ = signalled([*arguments, "-o", "killed"], "trial 2/4", tmp_path, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert (tmp_path / "killed" / "best" / "metrics.json").is_file()
    assert len(rows(tmp_path / "killed")) >= 1
    assert "--resume" in run(*arguments, "-o", "killed", code=1).stderr
    shown = run(*arguments, "-o", "killed", "--resume").stderr
    assert "trial 2/4" not in shown
    assert "trial 4/4" in shown
    assert rows(tmp_path / "killed") == found
    assert {path.name for path in (tmp_path / "killed").iterdir()} == LEFT

    (tmp_path / "killed" / "study.db").write_bytes(b"no study" * 1000)
    shown = run(*arguments, "-o", "killed", "--resume", code=1).stderr
    assert "study.db cannot be used as the study of a search" in shown


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_interrupted_it_keeps_what_it_found(run, tiny, reviews, tmp_path, jobs):
    (tmp_path / "space.py").write_text(SPACE)
    arguments = ["tune", reviews, "-o", "search", "--preset", tiny, "--space", "space.py"]
    more = ["--jobs", jobs, "--epochs", "2", "--trials", "9999"]
    code, shown = signalled([*arguments, *more], "/9999:", tmp_path, signal.SIGINT)
    assert code == 130, shown
    assert f"keras-elmo {' '.join(map(str, arguments))}" in shown
    assert "--resume" in shown
    assert "Traceback" not in shown
    assert {path.name for path in (tmp_path / "search").iterdir()} >= LEFT - {"importance.png"}
    run("predict", "search/best", reviews)


def test_time_that_is_spent_is_not_advised_again(run, tiny, reviews):
    arguments = ("tune", reviews, "-o", "search", "--preset", tiny, "--jobs", 1, "--time", "0.01s")
    shown = " ".join(run(*arguments, code=1).stderr.split())
    assert "Received: --time 0.01s. Go on with more of it: keras-elmo tune" in shown
    assert "--time 0.1s --resume." in shown


def test_without_optuna(run, tiny, reviews, monkeypatch):
    for name in list(sys.modules):
        if name.startswith(("keras_elmo.search.", "keras_elmo.reports.search")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "optuna", None)  # importing it fails now
    shown = run("tune", reviews, "-o", "search", "--preset", tiny, code=1).stderr
    assert 'pip install "keras-elmo[search]"' in shown


def test_bad_options(run, tiny, reviews, tmp_path):
    arguments = ("tune", reviews, "-o", "search", "--preset", tiny)
    assert "such as 90s, 60m" in run(*arguments, "--time", "soon", code=2).stderr
    assert "one of frozen, fine-tuning" in run(*arguments, "--space", "all", code=1).stderr
    assert "development set" in run(*arguments, "--dev-split", "0", code=1).stderr
    assert not (tmp_path / "search").exists()
