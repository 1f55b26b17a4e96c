"""`keras-elmo tune`: labelled text → the best settings of a training, and its model."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from keras_elmo.cli import amounts
from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.command_lines import resuming, with_value
from keras_elmo.cli.commands.presets import fetch_if_named
from keras_elmo.cli.console import out, say, warn
from keras_elmo.cli.elmo import check_elmo_options
from keras_elmo.cli.errors import stop_interrupted
from keras_elmo.cli.options import given, takes_options

SEARCH = "Search"


def _option(text: str, **limits: Any) -> Any:
    return typer.Option(help=text, rich_help_panel=SEARCH, **limits)


@takes_options()
def tune(
    ctx: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the search.")],
    resume: Annotated[bool, typer.Option("--resume", help="Continue a search.")] = False,
    trials: Annotated[int, _option("Number of trials at most.", min=1)] = 40,
    time: Annotated[str | None, _option("Time that it may take at most, e.g. 30m.")] = None,
    space: Annotated[
        str, _option("frozen, fine-tuning (ELMo trains too), or a .py file that has SPACE.")
    ] = "frozen",
    jobs: Annotated[
        int | None, _option("Trials side by side. By default one for two cores.", min=1)
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show errors only.")] = False,
    **options: Any,
) -> None:
    """Search learning rate, dropouts, units, layers, mix and more; keep the best model.

    A trial is what `train` does with its settings; the first one has those of
    `train` itself. An option of `train` that is given here is the same in all
    trials. What is sure not to win is ended early. The folder gets
    best/ (the model), trials.csv, history.png, importance.png and
    train_command.txt. Killed or interrupted, it goes on with --resume. Needs
    the extra: pip install "keras-elmo\\[search]".

    \b
    keras-elmo tune reviews.csv -o search/ --trials 40 --time 30m
    keras-elmo tune train.conll --format conll -o search/ --space fine-tuning --jobs 2
    keras-elmo tune reviews.csv -o search/ --space my_space.py
    """
    max_seconds = amounts.seconds(time) if time else None
    check_elmo_options(options["preset"], options["weights"], options["options"], None)
    from keras_elmo.search.space import SPACES, read_space
    from keras_elmo.search.study import check_folder
    from keras_elmo.workflows.runs import TrainingRun

    # As `tune` does, but before Keras is there.
    check_folder(output, resume)
    searched = read_space(space)
    said = {name: options[name] for name in given(ctx, options) if name != "data"}
    run = TrainingRun.from_options(options)
    all_searched = SPACES[searched] if isinstance(searched, str) else searched
    run.check_start([*said, *all_searched])
    data = run.read()
    for line in data.warnings():
        warn(line)
    fetch_if_named(run.preset)
    run.check_elmo()
    load_backend(trains=True)
    from keras_elmo.cli.tune_progress import TuneProgress
    from keras_elmo.reports.search_folder import write_search_report
    from keras_elmo.search.tuning import search_metric, tune
    from keras_elmo.search.workers import automatic_jobs

    metric = search_metric(run, data, all_searched, output)
    selection = replace(run, metric=metric).selection(data)
    with TuneProgress(trials, selection, quiet=quiet) as progress:
        result = tune(
            run.data,
            output,
            space=searched,
            trials=trials,
            max_seconds=max_seconds,
            jobs=jobs or min(automatic_jobs(), trials),
            resume=resume,
            on_epoch=progress.on_epoch,
            on_trial=progress.on_trial,
            **said,
        )
    write_search_report(result, progress.warn)
    again = resuming(ctx.obj)
    if result.interrupted:
        warn(f"interrupted. {output} has what was found so far; go on with: {again}")
        stop_interrupted()
    if result.best is None:
        again = resuming(with_value("--time", amounts.more_seconds(time or "1m"), ctx.obj))
        raise ValueError(
            f"no trial came to its end in the time given. Received: --time {time}. Go on with more "
            f"of it: {again}. Or begin anew with fewer --epochs."
        )
    say(f"{output / 'best'} is the model of trial {result.best.number}. To repeat it:", quiet=quiet)
    out.print(shlex.join(result.command), markup=False, highlight=False, soft_wrap=True)
