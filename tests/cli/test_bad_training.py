"""Data and options that a training cannot do anything with, at the command line.

One class to develop on: `tests/workflows/test_best_epoch.py`; a metric that the task does not have
and class weights with a regression: `test_errors_before_keras.py`.
"""

from cli.conftest import write

SMALL = ("--lstm-units", 2, "--batch-size", 8)


def test_one_sentence(run, tiny, tmp_path):
    write(tmp_path / "one.csv", "text,label", "a good film,pos")
    shown = run("train", "one.csv", "--preset", tiny, "-o", "m", code=1).stderr
    assert "one.csv: training needs at least two different labels" in shown
    write(tmp_path / "one.conll", "Ada B-PER", "smiled O")
    shown = run("train", "one.conll", "--preset", tiny, "-o", "m", code=1).stderr
    assert "one.conll" in shown
    assert not (tmp_path / "m").exists()


def test_more_patience_than_epochs(run, tiny, reviews):
    options = ("--epochs", 1, "--patience", 5)
    shown = run("train", reviews, "--preset", tiny, *SMALL, *options, "-o", "m").stderr
    assert "with a patience of 5 none ends early" in " ".join(shown.split())


def test_a_stage_without_steps(run, tiny, reviews, tmp_path):
    arguments = ("train", reviews, "--preset", tiny, *SMALL, "--fine-tune", "slight", "-o", "m")
    for length in (("--epochs", 1), ("--steps", 2)):
        shown = " ".join(run(*arguments, *length, code=1).stderr.split())
        assert "a plan must fit into the training. Received: " in shown
    assert not (tmp_path / "m").exists()
