"""The study: what is drawn, what is pruned, and what a kill or another hand leaves behind."""

import pytest
from optuna.trial import TrialState

from keras_elmo.search.space import DEFAULT_SPACE, FINE_TUNING_SPACE, Choice
from keras_elmo.search.study import STUDY_FILE, Study
from keras_elmo.workflows.runs import TrainingRun

FIXED = vars(TrainingRun("data.csv", learning_rate=4e-3))
FACTS = {"state": "complete", "loss": 0.5}


def open_study(folder, space=DEFAULT_SPACE, seed=13):
    study = Study(folder, space, FIXED, seed)
    study.continue_as({"seed": seed, "space": {name: repr(spec) for name, spec in space.items()}})
    return study


def run_trials(study, count):
    """Trials that are as good as their dropout is high; returns what was drawn."""
    drawn = []
    for _ in range(count):
        trial, parameters = study.ask()
        study.tell(trial, TrialState.COMPLETE, parameters["dropout"], FACTS)
        drawn.append(parameters)
    return drawn


def test_the_first_trial_is_train_itself(tmp_path):
    [drawn] = run_trials(open_study(tmp_path), 1)
    assert drawn == {name: FIXED[name] for name in DEFAULT_SPACE}


def test_what_train_leaves_out_may_be_tried(tmp_path):
    space = {"dropout": DEFAULT_SPACE["dropout"], "class_weight": Choice(None, "balanced")}
    [drawn] = run_trials(open_study(tmp_path, space), 1)
    assert drawn == {"dropout": FIXED["dropout"], "class_weight": None}


def test_an_option_that_is_left_out_is_a_choice(tmp_path):
    space = {"word_shape_dim": Choice(None, 16), "scheme": Choice(None, "BIOES")}
    space |= {"dropout": DEFAULT_SPACE["dropout"]}
    [drawn] = run_trials(open_study(tmp_path, space), 1)
    assert drawn == {"word_shape_dim": None, "scheme": None, "dropout": 0.2}


def test_a_killed_study_goes_on_as_if_nothing_had_happened(tmp_path):
    (tmp_path / "whole").mkdir()
    whole = run_trials(open_study(tmp_path / "whole"), 12)  # the sampler has begun to learn
    assert len({trial["dropout"] for trial in whole}) == 12
    parts = []
    for count in (0, 5, 7):  # behind each, a trial is left running
        study = open_study(tmp_path)
        parts += run_trials(study, count)
        study.ask()
    assert parts == whole
    assert len(open_study(tmp_path).trials()) == 12


def test_conditions(tmp_path):
    study = open_study(tmp_path, FINE_TUNING_SPACE)
    drawn = run_trials(study, 8)
    assert {trial["fine_tune"] for trial in drawn} == {"frozen", "slight", "full"}
    for trial in drawn:
        of_elmo = {"unfreezing", "elmo_learning_rate", "l2_sp"} & trial.keys()
        assert len(of_elmo) == (0 if trial["fine_tune"] == "frozen" else 3)
    assert study.importance().keys() >= DEFAULT_SPACE.keys()


def test_pruning(tmp_path):
    study = open_study(tmp_path)
    for _ in range(5):
        trial, _ = study.ask()
        assert not any(study.report(trial, epoch, 0.6) for epoch in (1, 2, 3))
        study.tell(trial, TrialState.COMPLETE, 0.6, FACTS)
    trial, _ = study.ask()
    assert [study.report(trial, epoch, 0.5) for epoch in (1, 2, 3)] == [False, False, True]


def test_of_equals_the_lowest_loss_is_the_best(tmp_path):
    study = open_study(tmp_path)
    assert study.best() is None
    assert study.importance() == {}
    for loss in (0.5, 0.3, 0.4):
        trial, _ = study.ask()
        study.tell(trial, TrialState.COMPLETE, 0.6, {"loss": loss})
    assert study.best().user_attrs["facts"]["loss"] == 0.3


@pytest.mark.parametrize("part", ["all", "middle"])
def test_a_corrupt_file(tmp_path, part):
    run_trials(open_study(tmp_path), 2)
    path = tmp_path / STUDY_FILE
    whole = path.read_bytes()
    path.write_bytes(b"x" * 5000 if part == "all" else whole[:8192] + b"\xff" * (len(whole) - 8192))
    with pytest.raises(ValueError, match="cannot be used as the study of a search") as caught:
        run_trials(open_study(tmp_path), 1)
    assert str(path) in str(caught.value)


def test_another_search_does_not_go_on_with_it(tmp_path):
    open_study(tmp_path)
    with pytest.raises(ValueError, match="seed"):
        open_study(tmp_path, seed=14)
    with pytest.raises(ValueError, match="space: fine_tune None → Choice"):
        open_study(tmp_path, FINE_TUNING_SPACE)
