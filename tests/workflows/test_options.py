"""Options of a training: what is declared of them holds in Python and on the command line."""

import inspect

import pytest
from typer.testing import CliRunner

from keras_elmo.cli import app
from keras_elmo.cli.commands.find_rate import find_rate
from keras_elmo.cli.commands.train import train
from keras_elmo.cli.commands.tune import tune
from keras_elmo.workflows.options import DATA, MODEL, SEQUENCES, training_options
from keras_elmo.workflows.runs import TrainingRun

OPTIONS = training_options()
WRONG = [  # a name, a value, what is told
    ("dropout", 2.0, "of the type float, at least 0, at most 0.95"),
    ("lstm_units", 0, "of the type int, at least 1"),
    ("pooling", "sum", "one of 'last', 'max', 'mean', 'attention'"),
    ("scheme", "IOB2", "'BILOU', or None"),
    ("epochs", "many", "of the type int"),
]


@pytest.mark.parametrize(("name", "value", "told"), WRONG)
def test_what_is_not_allowed(name, value, told, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    flag = OPTIONS[name].flags[0]
    with pytest.raises(ValueError, match=f"`{name}` .{flag}. must be") as caught:
        TrainingRun("a.csv", **{name: value})
    assert told in str(caught.value)
    assert str(caught.value).endswith(f"Received: {value!r}")
    found = CliRunner().invoke(app, ["train", "a.csv", "-o", "m", flag, str(value)])
    assert found.exit_code == 2
    assert f"Invalid value for '{flag}'" in found.output


def test_switches_are_no_numbers_and_numbers_no_switches():
    assert OPTIONS["num_layers"].allows(1)
    assert not OPTIONS["num_layers"].allows(True)
    assert OPTIONS["dropout"].allows(0)  # a whole number is a number, too
    assert not OPTIONS["ordinal"].allows(1)
    assert OPTIONS["crf"].allows(None)
    assert not OPTIONS["ordinal"].allows(None)


def test_commands_have_the_options_with_their_defaults():
    for command in (train, tune, find_rate):
        for name, parameter in inspect.signature(command).parameters.items():
            if name in OPTIONS and name != "data":
                assert parameter.default == OPTIONS[name].default
    assert inspect.signature(train).parameters.keys() >= OPTIONS.keys()
    assert inspect.signature(tune).parameters.keys() >= OPTIONS.keys()
    panels = {name: facts.about.panel for name, facts in OPTIONS.items()}
    of_models = {name for name, panel in panels.items() if panel in (MODEL, SEQUENCES)}
    assert inspect.signature(find_rate).parameters.keys() >= of_models


def test_each_says_in_a_sentence_what_it_is():
    for facts in OPTIONS.values():
        said = facts.about.help
        assert said[0].isupper()
        assert said.endswith(".")
        assert not said.startswith(("Of ", "At ", "Or ", "Instead "))
        assert not (facts.about.panel == DATA and not facts.about.is_fixed) or facts.name == "data"
