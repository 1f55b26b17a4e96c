"""`keras-elmo find-rate`: labelled text → learning rates that a head and an ELMo can bear."""

from pathlib import Path
from typing import Annotated, Any

import typer

from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.commands.presets import fetch_if_named
from keras_elmo.cli.console import out, progress_bar, say, warn
from keras_elmo.cli.elmo import check_elmo_options
from keras_elmo.cli.options import takes_options
from keras_elmo.workflows.options import TRAINING, training_options

PICTURE, TABLE = "rates.png", "rates.csv"
_NOT_NEEDED = ("dev", "dev_split", "skip_bad")  # nothing is held out
_CHOSEN = [
    name
    for name, facts in training_options().items()
    if facts.about.panel != TRAINING and name not in _NOT_NEEDED
]


@takes_options(*_CHOSEN, "batch_size", "seed")
def find_rate(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for picture and table.")],
    batches: Annotated[int, typer.Option(help="Number of batches of each test.", min=10)] = 100,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show the result only.")] = False,
    **options: Any,
) -> None:
    """Find learning rates by a range test: of the head, then of ELMo under a trained head.

    The rate rises from batch to batch, three times. The last line suggests twice
    the rate at which the loss had done four fifths of its fall for the head, and
    a thirtieth of it for ELMo, as options of `train`.

    \b
    keras-elmo find-rate reviews.csv --text text --label label -o rates/
    """
    check_elmo_options(options["preset"], options["weights"], options["options"], None)
    from keras_elmo.files.new_file import refuse_existing
    from keras_elmo.workflows.runs import TrainingRun

    refuse_existing(output / TABLE, overwrite)
    run = TrainingRun.from_options(options | {"dev_split": 0.0})
    rows = run.read()
    fetch_if_named(run.preset)
    run.check_elmo()
    load_backend(trains=True)
    from keras_elmo.cli.fit_progress import BatchProgress
    from keras_elmo.reports.plots import PlotsMissingError, plot_rate_searches
    from keras_elmo.reports.records import write_history
    from keras_elmo.workflows.rate_finder import find_learning_rate

    model, x, y = run.build(rows), rows.rows.texts, rows.rows.labels
    size: dict[str, Any] = {"batch_size": run.batch_size}
    how: dict[str, Any] = {**size, "batches": batches, "seed": run.seed}
    with progress_bar(quiet=quiet) as bar:
        head, between, elmo = (
            [BatchProgress(bar, name)] for name in ("head", "training the head", "ELMo")
        )
        first = find_learning_rate(model, x, y, callbacks=head, **how)
        model.compile(learning_rate=first.suggested)
        few = slice(batches * run.batch_size)
        model.fit(x[few], y[few], callbacks=between, verbose=0, **size)
        found = first, find_learning_rate(model, x, y, part="elmo", callbacks=elmo, **how)
    output.mkdir(parents=True, exist_ok=True)
    try:
        plot_rate_searches(found, output / PICTURE)
    except PlotsMissingError as error:
        warn(f"no picture: {error}")
    table = [
        {"part": test.part, "rate": rate, "loss": loss, "smoothed": smoothed}
        for test in found
        for rate, loss, smoothed in zip(test.rates, test.losses, test.smoothed, strict=True)
    ]
    write_history(table, output / TABLE)  # last: it says that the search is done
    for test in found:
        say(f"{test.part}: four fifths of the fall at {test.fallen:.1e}", quiet=quiet)
    say(f"{output / PICTURE} shows the losses. Suggested for `keras-elmo train`:", quiet=quiet)
    rates = [f"{test.suggested:.1e}" for test in found]
    out.print("--learning-rate {} --elmo-learning-rate {}".format(*rates), highlight=False)
