"""`keras-elmo tune`: labelled text → the best settings of a training, and its model."""

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from keras_elmo.cli import amounts
from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.choices import ClassWeight, Format, Pooling, Tokenizer
from keras_elmo.cli.command_lines import resuming
from keras_elmo.cli.commands.presets import fetch_if_named
from keras_elmo.cli.console import out, say, warn
from keras_elmo.cli.elmo import check_elmo_options
from keras_elmo.cli.errors import stop_interrupted
from keras_elmo.cli.kinds import TASK, TASK_HELP

SEARCH, DATA, MODEL, TRAINING = "Search", "Data", "Model, in all trials", "Training, in all trials"


def _option(panel: str, text: str, *names: str, **limits: Any) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=panel, **limits)


def tune(
    ctx: typer.Context,
    data: Annotated[str, typer.Argument(help="Labelled file, as of `train`.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the search.")],
    resume: Annotated[bool, typer.Option("--resume", help="Continue a search.")] = False,
    # === Search ===
    trials: Annotated[int, _option(SEARCH, "At most.", min=1)] = 40,
    time: Annotated[str | None, _option(SEARCH, "At most, e.g. 30m.")] = None,
    space: Annotated[
        str,
        _option(SEARCH, "frozen, fine-tuning (ELMo trains too), or a .py file that has SPACE."),
    ] = "frozen",
    jobs: Annotated[
        int | None, _option(SEARCH, "Trials side by side. Default: one for two cores.", min=1)
    ] = None,
    # === Data ===
    text: Annotated[str | None, _option(DATA, "Text column or key: a name, or a number.")] = None,
    label: Annotated[str | None, _option(DATA, "Label column or key, likewise.")] = None,
    header: Annotated[
        bool | None,
        _option(
            DATA, "First row holds names. Default: if a column is named.", "--header/--no-header"
        ),
    ] = None,
    file_format: Annotated[
        Format | None, _option(DATA, "Instead of what the file's name tells.", "--format")
    ] = None,
    task: Annotated[str | None, _option(DATA, TASK_HELP, **TASK)] = None,
    dev: Annotated[str | None, _option(DATA, "Development set, of the same form.")] = None,
    dev_split: Annotated[
        float, _option(DATA, "Or this share of the data.", min=0.0, max=0.9)
    ] = 0.1,
    tokenizer: Annotated[Tokenizer | None, _option(DATA, "Instead of the preset's.")] = None,
    # === Model ===
    preset: Annotated[str | None, _option(MODEL, "ELMo: preset name or folder.")] = None,
    weights: Annotated[Path | None, _option(MODEL, "Or published weights (HDF5) ...")] = None,
    options: Annotated[Path | None, _option(MODEL, "... and their options (JSON).")] = None,
    pooling: Annotated[Pooling | None, _option(MODEL, "For classification.")] = None,
    word_vectors: Annotated[
        str | None,
        _option(
            MODEL,
            "Beside ELMo: a file in GloVe's text form, none, or elmo: those of its language model. "
            "Default: elmo, if it has one.",
        ),
    ] = None,
    # === Training ===
    epochs: Annotated[int, _option(TRAINING, "At most.", min=1)] = 10,
    patience: Annotated[int, _option(TRAINING, "Epochs without a better one.", min=1)] = 3,
    max_forgetting: Annotated[
        float | None,
        _option(TRAINING, "Most that ELMo's perplexity may rise: 0.05 is 5 %.", min=0.0),
    ] = None,
    class_weight: Annotated[
        ClassWeight | None, _option(TRAINING, "Give rare classes more weight.")
    ] = None,
    seed: Annotated[int, _option(TRAINING, "Of everything random.", min=0)] = 13,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show errors only.")] = False,
) -> None:
    """Search learning rate, dropouts, units, layers, mix and more; keep the best model.

    A trial is what `train` does with its settings; the first one has those of
    `train` itself. What is sure not to win is ended early. The folder gets
    best/ (the model), trials.csv, history.png, importance.png and
    train_command.txt. Killed or interrupted, it goes on with --resume. Needs
    the extra: pip install "keras-elmo\\[search]".

    \b
    keras-elmo tune reviews.csv -o search/ --trials 40 --time 30m
    keras-elmo tune train.conll --format conll -o search/ --space fine-tuning --jobs 2
    keras-elmo tune reviews.csv -o search/ --space my_space.py
    """
    max_seconds = amounts.seconds(time) if time else None
    check_elmo_options(preset, weights, options, None)
    from keras_elmo.search.space import read_space
    from keras_elmo.search.study import check_folder
    from keras_elmo.workflows.runs import TrainingRun, option_types

    # As `tune` does, but before Keras is there.
    check_folder(output, resume)
    searched = read_space(space)
    run = TrainingRun.from_options(ctx.params)
    run.read()
    fetch_if_named(preset)
    run.check_elmo()
    load_backend(trains=True)
    from keras_elmo.cli.tune_progress import TuneProgress
    from keras_elmo.reports.search_folder import write_search_report
    from keras_elmo.search.tuning import tune
    from keras_elmo.search.workers import automatic_jobs

    given = {name: ctx.params[name] for name in option_types() if name in ctx.params}
    with TuneProgress(trials, epochs, quiet=quiet) as progress:
        result = tune(
            data,
            output,
            space=searched,
            trials=trials,
            max_seconds=max_seconds,
            jobs=jobs or min(automatic_jobs(), trials),
            resume=resume,
            on_epoch=progress.on_epoch,
            on_trial=progress.on_trial,
            **{name: value for name, value in given.items() if value is not None},
        )
    write_search_report(result, progress.warn)
    again = resuming(ctx.obj)
    if result.interrupted:
        warn(f"interrupted. {output} has what was found so far; go on with: {again}")
        stop_interrupted()
    if result.best is None:
        raise ValueError(
            f"no trial came to its end in the time given. Received: --time {time}. Give more, or "
            f"fewer --epochs; go on with: {again}"
        )
    say(f"{output / 'best'} is the model of trial {result.best.number}. To repeat it:", quiet=quiet)
    out.print(shlex.join(result.command), markup=False, highlight=False, soft_wrap=True)
