"""Ctrl-C and `kill`, sent to real processes: what was learned stays."""

import json
import os
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest
from command_line import KE, signalled


def interrupted(arguments, sign, cwd, number=signal.SIGINT):
    """Run a command, press Ctrl-C when a line with `sign` appears; return what it said."""
    code, shown = signalled(arguments, sign, cwd, number)
    assert code == 130, shown
    return shown


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_train_leaves_a_loadable_model(run, tiny, reviews, tmp_path, number):
    arguments = ("train", reviews, "-o", "model", "--preset", tiny, "--lstm-units", 4)
    forever = ("--epochs", 9999, "--patience", 9999)
    shown = interrupted([*arguments, *forever], "epoch 2/", tmp_path, number)
    assert "interrupted" in shown
    assert "Traceback" not in shown
    assert json.loads((tmp_path / "model" / "metrics.json").read_text())["interrupted"]
    run("predict", "model", reviews)


def test_a_killed_training_goes_on(run, tiny, reviews, tmp_path):
    """After `kill -9` the same command ends with the weights of one that nothing happened to."""
    arguments = ["train", reviews, "--preset", tiny, "--lstm-units", 4, "--fine-tune", "slight"]
    arguments += ["--epochs", 8, "--patience", 8, "--checkpoint-every", "0.01s"]
    checkpoint = tmp_path / "model.checkpoint"
    process = subprocess.Popen(
        [*KE, *map(str, arguments), "-o", "model", "--quiet"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    while not checkpoint.exists() and process.poll() is None:
        time.sleep(0.02)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    again = (*arguments, "-o", "model")
    assert "with --resume" in run(*again, code=1).stderr
    shown = run(*again, "--resume", "--epochs", 9, code=1).stderr
    assert "epochs 8 → 9" in shown.replace("\n", " ")
    run(*again, "--resume")
    assert not checkpoint.exists()
    run(*arguments, "-o", "whole")
    one, other = ((tmp_path / name / "task.weights.h5") for name in ("model", "whole"))
    assert arrays(one).keys() == arrays(other).keys()
    for name, value in arrays(one).items():
        np.testing.assert_array_equal(value, arrays(other)[name], err_msg=name)


def arrays(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, x: found.update({name: x[()]} if hasattr(x, "dtype") else {}))
    return found


def test_pretrain_resumes(run, tiny, tmp_path):
    (tmp_path / "corpus.txt").write_text("the dog sees a cat\na cat sees the dog\n" * 50)
    shape = ("--units", 8, "--projection-dim", 4, "--filters", "1:4,2:4", "--vocabulary-size", 10)
    arguments = ("pretrain", "corpus.txt", "-o", "run", *shape)
    budget = ("--passes", 1e6, "--measure-every", "1s")
    shown = interrupted([*arguments, *budget], "step", tmp_path)
    assert "keras-elmo pretrain corpus.txt -o run" in shown
    assert "--resume" in shown
    again = (*arguments, "--tokens", "100")  # spent already
    assert "--resume" in run(*again, code=1).stderr
    assert "keeps its model" in run(*again, "--resume", "--units", 9, code=1).stderr
    run(*again, "--resume")
    for name in ("history.csv", "learning_curves.png", "preset/config.json"):
        assert (tmp_path / "run" / name).exists(), name
    run("info", "run/preset")
    shown = run("perplexity", "run/preset", "corpus.txt", "-o", "perplexity.json").stdout
    measured = json.loads((tmp_path / "perplexity.json").read_text())["texts"]["corpus.txt"]
    assert measured["tokens"] == 500
    assert f"{measured['perplexity']:.1f}" in shown
    assert "without its language model" in run("perplexity", tiny, "corpus.txt", code=1).stderr


@pytest.mark.parametrize("amount", ["many", "5x", "0m", "-3"])
def test_bad_amounts(run, amount, tmp_path):
    (tmp_path / "corpus.txt").write_text("a b\n")
    shown = run("pretrain", "corpus.txt", "-o", "run", f"--time={amount}", code=2).stderr
    assert "90s, 60m or 1.5h" in shown
    assert not (tmp_path / "run").exists()
