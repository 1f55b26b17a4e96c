"""Command lines of `keras-elmo train` as what they run."""

import shlex

from typer.main import get_command

from keras_elmo.cli import app
from keras_elmo.workflows.runs import TrainingRun


def parameters(line):
    """The parameters of `train` that a command line gives, by the command line's own parser.

    Args:
        line: `keras-elmo train DATA …`, with or without `--output`.
    """
    program, name, *words = shlex.split(line)
    if (program, name) != ("keras-elmo", "train"):
        raise ValueError(f"a line must begin with keras-elmo train. Received: {line}")
    command = get_command(app).commands[name]
    return command.make_context(name, ["--output", "model", *words]).params


def run_of(line, kind=TrainingRun):
    """The run that a command line describes.

    Args:
        line: as of `parameters`.
        kind: `TrainingRun`, or a class of it that does some things otherwise.
    """
    return kind.from_options(parameters(line))
