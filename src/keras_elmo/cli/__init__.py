"""The command line: `keras-elmo train`, `evaluate`, `predict` and the others listed below.

Each command is one small file that wires rooms above together and imports them when it runs, so
that `--help` answers at once.
"""

import signal
from typing import Annotated

import typer

from keras_elmo._version import __version__
from keras_elmo.cli.commands.adapt import adapt
from keras_elmo.cli.commands.cache import cache
from keras_elmo.cli.commands.check import check
from keras_elmo.cli.commands.convert import convert
from keras_elmo.cli.commands.demo import demo
from keras_elmo.cli.commands.embed import embed
from keras_elmo.cli.commands.evaluate import evaluate
from keras_elmo.cli.commands.export import export
from keras_elmo.cli.commands.find_rate import find_rate
from keras_elmo.cli.commands.info import info
from keras_elmo.cli.commands.perplexity import perplexity
from keras_elmo.cli.commands.predict import predict
from keras_elmo.cli.commands.presets import presets
from keras_elmo.cli.commands.pretrain import pretrain
from keras_elmo.cli.commands.sample import sample
from keras_elmo.cli.commands.score import score
from keras_elmo.cli.commands.suggest import suggest
from keras_elmo.cli.commands.train import train
from keras_elmo.cli.commands.tune import tune
from keras_elmo.cli.console import out, write_utf8
from keras_elmo.cli.errors import Commands

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
using_tasks = (check, train, tune, evaluate, predict, export)
using_elmo = (embed, find_rate, info, convert, presets)
using_language_models = (pretrain, adapt, perplexity, score, suggest, sample)
for command in (*using_tasks, *using_elmo, *using_language_models, demo):
    app.command()(command)
app.add_typer(cache, name="cache")


def _version(value: bool) -> None:
    if value:
        out.print(f"keras-elmo {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", envvar="KERAS_ELMO_DEBUG", help="Show tracebacks of errors.")
    ] = False,
) -> None:
    """ELMo with a BiLSTM in Keras: labelled text in, a trained model out.

    \b
    keras-elmo train reviews.csv --text text --label label -o model/
    keras-elmo evaluate model/ test.csv
    keras-elmo predict model/ new.txt
    """


def main() -> None:
    """Run the command line."""
    write_utf8()
    # What `kill`, systemd and batch systems send ends a run as Ctrl-C does: with what it learned.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app()
