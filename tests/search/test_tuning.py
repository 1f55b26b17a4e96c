"""Searches of real trainings: what they leave, and how they end."""

import csv
import json
import multiprocessing
import os
import signal

import optuna
import pytest

import keras_elmo
from keras_elmo.reports.search_folder import write_trials
from keras_elmo.search.space import Choice, Float
from keras_elmo.search.study import STUDY_FILE, Study
from keras_elmo.search.trial import read_record
from keras_elmo.search.tuning import search_metric
from keras_elmo.workflows.runs import TrainingRun

SHORT = {"epochs": 2, "batch_size": 8}


def test_the_best_trial_is_kept(reviews, tiny, space, tmp_path):
    seen = []
    result = keras_elmo.tune(
        reviews,
        tmp_path / "search",
        space=space | {"batch_size": Choice(4)},
        trials=3,
        preset=tiny,
        on_trial=lambda row, found: seen.append((row.number, found.best.number)),
        **SHORT,
    )
    assert [row.state for row in result.trials] == ["complete"] * 3
    assert [number for number, _ in seen] == [1, 2, 3]
    assert seen[-1][1] == result.best.number
    assert result.best.score == max(row.score for row in result.trials)
    assert result.trials[0].parameters["learning_rate"] == 4e-3  # that of `train`
    assert "batch_size" not in result.trials[0].parameters  # given, so not searched
    assert {path.name for path in (tmp_path / "search").iterdir()} == {"study.db", "best"}
    training, measures = read_record(tmp_path / "search" / "best")
    assert training.best_epoch == result.best.best_epoch
    assert measures["accuracy"] == pytest.approx(result.best.score)
    model = keras_elmo.ElmoTextClassifier.from_preset(tmp_path / "search" / "best")
    assert model.encoder.lstm_units == [result.best.parameters["lstm_units"]]

    how = {"preset": tiny, **SHORT}
    with pytest.raises(FileExistsError, match="resume=True"):
        keras_elmo.tune(reviews, tmp_path / "search", space=space, **how)
    space |= {"batch_size": Choice(4)}
    for changed, message in (
        ({"space": space | {"lstm_units": Choice(2, 9)}}, "space: lstm_units"),
        ({"seed": 14}, "option: seed 13 → 14"),
        ({"epochs": 3}, "option: epochs 2 → 3"),
    ):
        with pytest.raises(ValueError, match=message):
            keras_elmo.tune(
                reviews, tmp_path / "search", resume=True, **{"space": space, **how, **changed}
            )
    reviews.write_text(reviews.read_text().replace("good", "nice"))
    with pytest.raises(ValueError, match="other data"):
        keras_elmo.tune(reviews, tmp_path / "search", space=space, resume=True, **how)


def test_trials_are_compared_by_the_metric(reviews, tiny, space, tmp_path):
    folder = tmp_path / "search"
    how = {"space": space, "preset": tiny, **SHORT}
    result = keras_elmo.tune(reviews, folder, trials=2, metric="loss", **how)
    training, _ = read_record(folder / "best")
    losses = [row["val_loss"] for row in training.history]
    assert training.metric == "val_loss"
    assert training.best_epoch == 1 + losses.index(min(losses))
    assert result.selection.value(result.best.score) == min(losses) == result.best.loss
    assert result.best.loss == min(row.loss for row in result.trials)
    assert "--metric loss" in " ".join(result.command)
    write_trials(result)
    with (folder / "trials.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [float(row["val_loss"]) for row in table] == [row.loss for row in result.trials]
    with pytest.raises(ValueError, match="option: metric loss → accuracy"):
        keras_elmo.tune(reviews, folder, trials=3, metric="accuracy", resume=True, **how)


def test_class_weights_in_some_trials_do_not_change_what_they_are_compared_by(reviews, tmp_path):
    space = {"class_weight": Choice(None, "balanced")}
    for options, metric in (({}, "macro_f1"), ({"metric": "loss"}, "loss")):
        run = TrainingRun(str(reviews), **options)
        assert search_metric(run, run.read(), space, tmp_path) == metric
    run = TrainingRun(str(reviews))
    assert search_metric(run, run.read(), {"lstm_units": Choice(2)}, tmp_path) is None


def as_of_an_earlier_version(folder):
    """Let a search not know what its metric is called."""
    url = f"sqlite:///{folder / STUDY_FILE}"
    study = optuna.load_study(study_name="keras-elmo", storage=url)
    identity = study.user_attrs["identity"]
    del identity["option"]["metric"]
    study.set_user_attr("identity", identity)


def test_a_search_goes_on_with_the_metric_that_it_began_with(reviews, tiny, space, tmp_path):
    folder = tmp_path / "search"
    how = {"space": space, "preset": tiny, "class_weight": "balanced", **SHORT}
    keras_elmo.tune(reviews, folder, trials=1, metric="accuracy", **how)
    as_of_an_earlier_version(folder)
    run = TrainingRun(str(reviews), class_weight="balanced")
    assert search_metric(run, run.read(), space, folder) == "accuracy"
    assert search_metric(run, run.read(), space, tmp_path) == "macro_f1"
    result = keras_elmo.tune(reviews, folder, trials=2, resume=True, **how)
    assert len(result.trials) == 2
    assert result.selection.metric == read_record(folder / "best")[0].metric[4:] == "accuracy"
    assert "--metric accuracy" in " ".join(result.command)
    with pytest.raises(ValueError, match="option: metric accuracy → macro_f1"):
        keras_elmo.tune(reviews, folder, metric="macro_f1", resume=True, **how)


def test_a_search_with_several_labels_goes_on_with_accuracy(space, tmp_path):
    rows = [json.dumps({"text": f"a {word}", "label": [word, "film"]}) for word in "abcab" * 4]
    (tmp_path / "several.jsonl").write_text("\n".join(rows))
    run, folder = TrainingRun(str(tmp_path / "several.jsonl")), tmp_path / "search"
    folder.mkdir()
    assert search_metric(run, run.read(), space, folder) is None  # micro-F1
    Study(folder, space, vars(run), 13).continue_as({"option": {"metric": None}})
    assert search_metric(run, run.read(), space, folder) == "accuracy"


def test_trials_that_cannot_be_trained(reviews, tiny, tmp_path):
    # Its weights overflow; and a plan of two stages does not fit into one epoch.
    space = {"learning_rate": Choice(3e38), "fine_tune": Choice("frozen", "slight")}
    how = SHORT | {"epochs": 1}
    with pytest.raises(ValueError, match="none of 2 trials could be trained") as caught:
        keras_elmo.tune(
            reviews, tmp_path / "search", space=space, trials=2, seed=4, preset=tiny, **how
        )
    assert "the loss became" in str(caught.value) or "must fit into" in str(caught.value)


def test_time_is_up(reviews, tiny, space, tmp_path):
    how = {"space": space, "trials": 2, "preset": tiny, "epochs": 9999, "patience": 9999}
    result = keras_elmo.tune(reviews, tmp_path / "search", max_seconds=3, **how)
    assert result.best is None
    assert result.trials == []
    result = keras_elmo.tune(reviews, tmp_path / "search", max_seconds=3, resume=True, **how)
    assert result.trials == []  # the time is that of both


@pytest.mark.slow
def test_trials_side_by_side_of_which_one_is_killed(reviews, tiny, space, tmp_path):
    killed, begun = [], set()

    def kill(number, epoch, score):
        begun.add(number)
        if not killed and len(begun) == 2:  # both processes are at work
            killed.append(number)
            os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)

    result = keras_elmo.tune(
        reviews,
        tmp_path / "search",
        space=space,
        trials=3,
        jobs=2,
        preset=tiny,
        on_epoch=kill,
        **SHORT,
    )
    states = sorted(row.state for row in result.trials)
    assert states == ["complete", "complete", "failed"]
    assert any("was killed" in (row.reason or "") for row in result.trials)
    assert (tmp_path / "search" / "best" / "task.json").is_file()
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dropuot": 0.1}, "dropuot"),
        ({"trials": 0}, "trials=0"),
        ({"space": {"units": Float(1, 2)}}, "Received: 'units'"),
        ({"dev_split": 0.0}, "on a development set"),
        ({"start_from": "model"}, "beside it: --preset, --dropout"),
    ],
)
def test_bad_arguments(reviews, tiny, tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        keras_elmo.tune(reviews, tmp_path / "search", preset=tiny, **arguments)
    assert not (tmp_path / "search").exists()


def test_a_folder_of_something_else(reviews, tiny, space, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("x")
    with pytest.raises(FileNotFoundError, match="holds no search"):
        keras_elmo.tune(reviews, tmp_path / "thesis", space=space, preset=tiny, resume=True)
