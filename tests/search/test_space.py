"""The search space: what may stand in it, and what depends on what."""

import inspect
from dataclasses import fields

import pytest

from keras_elmo.search.space import (
    DEFAULT_SPACE,
    FINE_TUNING_SPACE,
    Choice,
    Float,
    Int,
    check_space,
    matters,
    ordered,
    read_space,
)
from keras_elmo.workflows.runs import TrainingRun

SETTINGS = vars(TrainingRun("data.csv"))


@pytest.mark.parametrize("space", [DEFAULT_SPACE, FINE_TUNING_SPACE])
def test_the_own_spaces_are_made_of_options_of_train(space):
    check_space(space, SETTINGS)


def test_a_run_has_the_options_of_train_with_their_defaults():
    from keras_elmo.cli.commands.train import train

    options = inspect.signature(train).parameters
    for field in list(fields(TrainingRun))[1:]:
        assert options[field.name].default == field.default, field.name


@pytest.mark.parametrize(
    ("make", "received"),
    [
        (lambda: Float(0.5, 0.1), "low=0.5"),
        (lambda: Float(0.0, 1.0, log=True), "log=True"),
        (lambda: Float(0.0, float("nan")), "nan"),
        (lambda: Int(1.5, 2), "low=1.5"),
        (lambda: Choice(), "()"),
        (lambda: Choice([1, 2]), "[1, 2]"),
    ],
)
def test_bad_specs(make, received):
    with pytest.raises(ValueError, match="needs") as caught:
        make()
    assert received in str(caught.value)


@pytest.mark.parametrize(
    ("space", "received"),
    [
        ({"drop_out": Float(0, 1)}, "'drop_out'"),
        ({"seed": Int(1, 9)}, "'seed'"),
        ({"dropout": (0, 1)}, "(0, 1)"),
        ({}, "an empty one"),
        ({"lstm_units": Float(8, 64)}, "Float(low=8"),
        ({"mix": Choice("mean", None)}, "None"),
        ({"l2_sp": Float(0.1, 1.0)}, "a frozen"),
        ({"dropout": Float(0.1, 1.0)}, "high=1.0"),
        ({"pooling": Choice("max", "sum")}, "'sum'"),
        ({"ordinal": Choice(0, 1)}, "(0, 1)"),
    ],
)
def test_bad_spaces(space, received):
    with pytest.raises(ValueError, match="search space") as caught:
        check_space(space, SETTINGS)
    assert received in str(caught.value)


def test_what_elmo_does_matters_only_where_it_trains():
    assert ordered({"mix_layer_norm": Choice(True), **FINE_TUNING_SPACE})[-1] == "mix_layer_norm"
    assert ordered(FINE_TUNING_SPACE)[:2] == ["fine_tune", "unfreezing"]
    frozen = {"fine_tune": "frozen", "unfreezing": None}
    still = {"fine_tune": "slight", "unfreezing": "frozen"}
    trains = {"fine_tune": "slight", "unfreezing": None}
    for name in ("elmo_learning_rate", "l2_sp"):
        assert [matters(name, x) for x in (frozen, still, trains)] == [False, False, True]
    assert [matters("unfreezing", x) for x in (frozen, trains)] == [False, True]
    assert matters("dropout", frozen)


def test_layer_norm_matters_only_in_a_learned_mix():
    assert [matters("mix_layer_norm", {"mix": mix}) for mix in ("scalar", "top")] == [True, False]
    check_space({"mix_layer_norm": Choice(False, True)}, SETTINGS | {"mix": "top"})


def test_a_file_defines_a_space(tmp_path):
    assert read_space("frozen") == "frozen"
    path = tmp_path / "space.py"
    imports = "from keras_elmo.search.space import DEFAULT_SPACE, Float\n"
    path.write_text(f"{imports}SPACE = {{**DEFAULT_SPACE, 'dropout': Float(0.1, 0.2)}}\n")
    assert read_space(str(path)) == {**DEFAULT_SPACE, "dropout": Float(0.1, 0.2)}
    for text, message in (("", "nothing"), ("SPACE = 3", "3"), ("SPACE = {", "SyntaxError")):
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            read_space(str(path))
    with pytest.raises(ValueError, match="one of frozen, fine-tuning, or a Python file"):
        read_space("everything")
