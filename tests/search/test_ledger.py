"""The best trial's model has its place, whatever moment the process dies at."""

from pathlib import Path
from types import SimpleNamespace

from kill_support import check_kills, write
from optuna.trial import TrialState, create_trial

from keras_elmo.data.datasets import Dataset
from keras_elmo.search.ledger import Ledger
from keras_elmo.workflows.runs import LabelledData, TrainingRun

FACTS = {"state": "complete", "loss": 0.1, "best_epoch": 1, "epochs": 1, "seconds": 1.0}


def begin():
    """Open the books of a search in this folder whose best trial is the third."""
    attributes = {"number": 3, "facts": FACTS}
    best = create_trial(state=TrialState.COMPLETE, value=0.9, user_attrs=attributes)
    study = SimpleNamespace(seconds=0.0, best=lambda: best)
    data = LabelledData(Dataset("data.csv", "classification", [], [], []), None, None)
    return Ledger(study, TrainingRun("data.csv"), data, Path(), 9, None, *2 * [lambda *_: None])


def prepare():
    write("best/task.json", "worse")
    write("trial-3/trial.json", "{}")
    write("trial-3/task.json", "better")
    write("trial-2/trial.json", "{}")
    write("trial-notes/thesis.txt", "years of work")
    write("trial-4/thesis.txt", "years of work")
    write("trial-5.unfinished/thesis.txt", "years of work")
    write("best.replaced/thesis.txt", "years of work")


def test_the_best_one_is_kept_and_all_others_go(tmp_path, monkeypatch):
    _, refused = check_kills(tmp_path, monkeypatch, begin, prepare)
    assert not refused
    whole = tmp_path / "whole"
    assert (whole / "best/task.json").read_text() == "better"
    mine = ["best.replaced", "trial-4", "trial-5.unfinished", "trial-notes"]
    assert sorted(path.name for path in whole.iterdir()) == ["best", *mine]
    assert all((whole / name / "thesis.txt").exists() for name in mine)
