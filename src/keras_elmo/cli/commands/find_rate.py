"""`keras-elmo find-rate`: labelled text → learning rates that a head and an ELMo can bear."""

from pathlib import Path
from typing import Annotated, Any

import typer

from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.choices import Format, Kind, Pooling, Tokenizer
from keras_elmo.cli.commands.presets import fetch_if_named
from keras_elmo.cli.console import out, progress_bar, say, warn
from keras_elmo.cli.elmo import check_elmo_options

PICTURE, TABLE = "rates.png", "rates.csv"


def find_rate(
    ctx: typer.Context,
    data: Annotated[str, typer.Argument(help="Labelled file, as of `train`.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for picture and table.")],
    text: Annotated[
        str | None, typer.Option(help="Text column or key: a name, or a number.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="Label column or key, likewise.")] = None,
    file_format: Annotated[
        Format | None, typer.Option("--format", help="Instead of what the file's name tells.")
    ] = None,
    task: Annotated[Kind | None, typer.Option(help="Instead of what the data tell.")] = None,
    tokenizer: Annotated[Tokenizer | None, typer.Option(help="Instead of the preset's.")] = None,
    preset: Annotated[str | None, typer.Option(help="ELMo: preset name or folder.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Or published weights (HDF5) ...")] = None,
    options: Annotated[Path | None, typer.Option(help="... and their options (JSON).")] = None,
    mix: Annotated[str, typer.Option(help="Mix of ELMo's layers.")] = "scalar",
    lstm_units: Annotated[int, typer.Option(help="BiLSTM units per direction.", min=1)] = 128,
    num_layers: Annotated[int, typer.Option(help="BiLSTM layers.", min=0)] = 1,
    pooling: Annotated[Pooling, typer.Option(help="For classification.")] = Pooling.MAX,
    batch_size: Annotated[int, typer.Option(help="Sentences of a batch.", min=1)] = 32,
    batches: Annotated[int, typer.Option(help="Of each test.", min=10)] = 100,
    seed: Annotated[int, typer.Option(help="Of everything random.", min=0)] = 13,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show the result only.")] = False,
) -> None:
    """Find learning rates by a range test: of the head, then of ELMo under a trained head.

    The rate rises from batch to batch, and the loss shows from where on it does
    harm. The last line suggests half of that for the head and a tenth for ELMo,
    as options of `train`.

    \b
    keras-elmo find-rate reviews.csv --text text --label label -o rates/
    """
    check_elmo_options(preset, weights, options, None)
    from keras_elmo.files.new_file import refuse_existing
    from keras_elmo.workflows.runs import TrainingRun

    refuse_existing(output / TABLE, overwrite)
    run = TrainingRun.from_options(ctx.params | {"dev_split": 0.0})
    rows = run.read()
    fetch_if_named(preset)
    run.check_elmo()
    load_backend(trains=True)
    from keras_elmo.cli.fit_progress import BatchProgress
    from keras_elmo.reports.plots import PlotsMissingError, plot_rate_searches
    from keras_elmo.reports.records import write_history
    from keras_elmo.workflows.rate_finder import find_learning_rate

    model = run.build(rows)
    sentences, labels = rows.rows.texts, rows.rows.labels
    how: dict[str, Any] = {"batch_size": batch_size, "batches": batches, "seed": seed}
    with progress_bar(quiet=quiet) as bar:

        def shown(name: str) -> list[BatchProgress]:
            return [BatchProgress(bar, name)]

        head = find_learning_rate(model, sentences, labels, callbacks=shown("head"), **how)
        model.compile(learning_rate=head.suggested)
        short = sentences[: batches * batch_size], labels[: batches * batch_size]
        model.fit(*short, batch_size=batch_size, callbacks=shown("training the head"), verbose=0)
        elmo = find_learning_rate(
            model, sentences, labels, part="elmo", callbacks=shown("ELMo"), **how
        )
    output.mkdir(parents=True, exist_ok=True)
    found = head, elmo
    table = [
        {"part": test.part, "rate": rate, "loss": loss, "smoothed": smoothed}
        for test in found
        for rate, loss, smoothed in zip(test.rates, test.losses, test.smoothed, strict=True)
    ]
    try:
        plot_rate_searches(found, output / PICTURE)
    except PlotsMissingError as error:
        warn(f"no picture: {error}")
    write_history(table, output / TABLE)  # last: it says that the search is done
    for test in found:
        say(f"{test.part}: no harm up to {test.max_rate:.1e}", quiet=quiet)
    say(f"{output / PICTURE} shows the losses. Suggested for `keras-elmo train`:", quiet=quiet)
    out.print(
        f"--learning-rate {head.suggested:.1e} --elmo-learning-rate {elmo.suggested:.1e}",
        highlight=False,
    )
