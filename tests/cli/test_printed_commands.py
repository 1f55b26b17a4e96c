"""Commands that are printed or written down are read as they were meant."""

import json
import shlex
import signal
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.main import get_command

from keras_elmo.cli import app
from keras_elmo.cli.command_lines import command_line, resuming, with_value, without
from keras_elmo.cli.console import warn
from keras_elmo.workflows.options import training_options
from keras_elmo.workflows.runs import TrainingRun

COMMANDS = get_command(app).commands


def parsed(line):
    """The parameters of a command line, as the command gets them."""
    program, name, *words = shlex.split(line)
    assert program == "keras-elmo"
    return COMMANDS[name].make_context(name, words).params


# What was dropped before, because it was there twice; and words that a shell would split or change.
WORDS = [
    "train a.csv -o model --patience 8 --lstm-units 8 --batch-size 8 --epochs 8 -q",
    "train 'my data.csv' -o 'a b' --text ':heart:' --label \"it's\" --seed 8 --num-layers 8",
    "train -o model --text -1 --label -1 -- -data.csv",
    "train a.csv -o model --text -- --label x",
    "tune a.csv -o s --trials 3 --jobs 3 --epochs 3 --patience 3 --time 3m",
    "pretrain a.txt a.txt -o run --units 64 --projection-dim 64 --filters 1:4,2:4 --seed 64",
    "adapt elmo_mini_en a.txt b.txt a.txt -o run --tokens 20k --batch-tokens 20k",
]


@pytest.mark.parametrize("line", WORDS)
def test_resuming(line, capsys):
    line = f"keras-elmo {line}"
    command = shlex.split(line)
    again = resuming(command)
    assert parsed(again) == parsed(line) | {"resume": True}
    assert resuming(shlex.split(again)) == again
    warn(f"go on with: {again}")  # and what is shown can be copied
    assert capsys.readouterr().err == f"warning: go on with: {again}\n"


def test_resuming_behind_an_option_of_the_program():
    command = ["keras-elmo", "--debug", "train", "-o", "x", "--", "-x"]
    assert resuming(command) == "keras-elmo --debug train --resume -o x -- -x"


@pytest.mark.parametrize("given", ["--time 3s", "--time=3s"])
def test_another_value_of_an_option(given):
    line = f"keras-elmo tune a.csv -o s {given} --text 3s"
    changed = shlex.join(with_value("--time", "30s", shlex.split(line)))
    assert parsed(changed) == parsed(line) | {"time": "30s"}
    assert with_value("--trials", "9", shlex.split(line)) == shlex.split(line)


def test_without_an_option():
    line = "keras-elmo embed 'a b.txt' -o out.npz --restart --text 2 --batch-size 2"
    assert parsed(without("--restart", shlex.split(line))) == parsed(line) | {"restart": False}


def test_paths_are_quoted():
    line = command_line("train", "DATA", "--preset", "my run/preset", "-o", "model/")
    assert parsed(line)["preset"] == "my run/preset"


@st.composite
def runs(draw):
    """Trainings of any options that the command line takes."""
    values = {"data": draw(st.sampled_from(["a.csv", "-a.csv", "a b.csv", "hf://user/name:train"]))}
    for option in list(training_options().values())[1:]:
        values[option.name] = draw(st.just(option.default) | values_of(option))
    return TrainingRun(**values)


def values_of(option):
    if option.choices:
        return st.sampled_from(option.choices)
    if bool in option.kinds:
        return st.booleans()
    if option.kinds == (int,):
        return st.integers(option.about.min, 10**6)
    if option.kinds == (float,):
        return st.floats(option.about.min, option.about.max or 1e6)
    if option.about.is_file:
        return st.sampled_from(["a", "it's b/c"])  # which are not written in another way
    return st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


@given(runs())
@settings(max_examples=60, deadline=None)
def test_the_command_of_a_run(run):
    found = parsed(shlex.join(run.command("my model")))
    again = TrainingRun.from_options(found)
    data = f"./{run.data}" if run.data.startswith("-") else run.data
    for option in fields(TrainingRun):
        expected = data if option.name == "data" else getattr(run, option.name)
        assert getattr(again, option.name) == expected, option.name
    assert str(found["output"]) == "my model"


def test_an_interrupted_training_goes_on(run, tiny, reviews, tmp_path, monkeypatch):
    """What is printed after Ctrl-C is run, word by word."""
    from keras_elmo.cli.fit_progress import FitProgress

    def press_ctrl_c(progress, batch, logs=None):
        signal.raise_signal(signal.SIGINT)

    small = ("--lstm-units", 4, "--patience", 4, "--batch-size", 4, "--epochs", 2, "-q")
    with monkeypatch.context() as patch:
        patch.setattr(FitProgress, "on_train_batch_end", press_ctrl_c)
        shown = run("train", reviews, "-o", "my model", "--preset", tiny, *small, code=130).stderr
    again = shown.split("go on with: ")[1].strip()
    assert (tmp_path / "my model.checkpoint").is_file()
    run(*shlex.split(again)[1:])
    assert [path.name for path in tmp_path.glob("my model*")] == ["my model"]
    assert not json.loads((tmp_path / "my model/metrics.json").read_text())["interrupted"]
    written = json.loads((tmp_path / "my model/command.json").read_text())["command"]
    assert shlex.join(written) == again
