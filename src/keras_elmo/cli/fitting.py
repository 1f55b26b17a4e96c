"""The steps of a training that people see: progress, measures, what was written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_elmo.cli.command_lines import command_line
from keras_elmo.cli.console import err, say, warn
from keras_elmo.cli.errors import stop_interrupted
from keras_elmo.cli.tables import measures_table, recipe_table

if TYPE_CHECKING:
    from keras_elmo.data.datasets import Dataset
    from keras_elmo.fine_tuning.forgetting import ForgettingMonitor
    from keras_elmo.fine_tuning.recipes import Recipe
    from keras_elmo.tasks.task import ElmoTask
    from keras_elmo.training.checkpoint import TrainingCheckpoint
    from keras_elmo.workflows.training import TrainingResult
    from keras_elmo.workflows.usual_settings import TrainingLength


_TRY = (
    "Try more --epochs, another --learning-rate (0.003), a smaller --batch-size (8) or more rows, "
    "and look at the data with keras-elmo check."
)


def fit(
    model: "ElmoTask",
    rows: "Dataset",
    held_out: "Dataset | None",
    *,
    recipe: "Recipe",
    quiet: bool,
    batch_size: int = 32,
    epochs: int | None = None,
    patience: int | None = None,
    steps: int | None = None,
    facts: Mapping[str, int] | None = None,
    monitors: Sequence["ForgettingMonitor"] = (),
    **options: Any,
) -> "TrainingResult":
    """Train with a progress bar.

    Args:
        model: a task.
        rows, held_out: what to train and to develop on.
        recipe: how to train.
        batch_size, epochs, patience, steps: how long, as of `train_task`.
        facts: about the data, to show.
        monitors: of what an ELMo that trains forgets.
        options: of `train_task`.
    """
    from keras_elmo.cli.fit_progress import FitProgress
    from keras_elmo.workflows.training import train_task
    from keras_elmo.workflows.usual_settings import training_length

    counts = f"{len(rows):,} rows to train on, {len(held_out or ()):,} to develop on"
    labels = "".join(f", {count} {name}" for name, count in model.label_counts.items())
    for note in rows.notes:
        say(note, quiet=quiet)
    say(f"{rows.kind}{labels}: {counts}", quiet=quiet)
    for name, count in (facts or {}).items():
        say(f"{name.replace('_', ' ')}: {count:,}", quiet=quiet)
    length = training_length(len(rows), batch_size, epochs, patience, steps)
    say(length.line, quiet=quiet)
    if not quiet:
        err.print(recipe_table(model, model.with_rate(recipe), length.epochs))
    dev = (held_out.texts, held_out.labels) if held_out else None
    with FitProgress(length.epochs, quiet=quiet) as progress:
        result = train_task(
            model,
            rows.texts,
            rows.labels,
            dev,
            recipe=recipe,
            epochs=length.epochs,
            patience=length.patience,
            steps=steps,
            batch_size=batch_size,
            callbacks=[*monitors, progress],
            **options,
        )
    if result.features:
        say(result.features, quiet=quiet)
    say_ending(result, length, monitors, quiet=quiet)
    return result


def say_ending(
    result: "TrainingResult",
    length: "TrainingLength",
    monitors: Sequence["ForgettingMonitor"],
    *,
    quiet: bool,
) -> None:
    """Say what did not train, what was forgotten, and whether the limit came too early."""
    if untrained := result.untrained_line():
        warn(untrained)
    if not untrained.startswith("ELMo"):
        for monitor in monitors:
            say(forgetting_line(monitor), quiet=quiet)
    if result.best_epoch == length.epochs and not (result.interrupted or result.diverged):
        more = f"--steps {2 * length.steps}" if length.steps else f"--epochs {2 * length.epochs}"
        say(f"still improving at the limit: {more}", quiet=quiet)


def forgetting_line(monitor: "ForgettingMonitor") -> str:
    """How what was trained differs from what it was."""
    before, now = monitor.before, monitor.measure()
    layers = [value for name, value in now.items() if name.startswith("cka_")]
    line = f"forgetting: CKA of the layers {', '.join(f'{value:.3f}' for value in layers)}"
    if "perplexity" in now:
        change = now["perplexity"] / before["perplexity"] - 1
        line += f"; perplexity {before['perplexity']:.1f} → {now['perplexity']:.1f} ({change:+.1%})"
    return line


def write_model(
    folder: Path,
    model: "ElmoTask",
    result: "TrainingResult",
    rows: "Dataset",
    held_out: "Dataset | None",
    command: list[str],
    *,
    seed: int,
    facts: Mapping[str, int] | None = None,
    quiet: bool = False,
) -> None:
    """Write model and report into a folder; the measures are left out after an interruption.

    Args:
        folder: an existing one.
        model: the task; what it decides on the development set is set.
        result: how the training went.
        rows, held_out: the training and the development set.
        command: the command line.
        seed: of the training.
        facts: about the data, for the report.
        quiet: show no table.
    """
    from keras_elmo.reports.model_folder import write_report
    from keras_elmo.reports.records import command_record
    from keras_elmo.workflows.labelled_files import write_record

    measures: dict[str, Any] = {}
    if held_out and not (result.interrupted or result.diverged):
        if decided := model.after_training(held_out.texts, held_out.labels):
            say(decided, quiet=quiet)
        measures = model.report(held_out.texts, held_out.labels)
    model.write(folder)
    write_record(folder, rows, held_out)
    noted = {**measures, "data": dict(facts)} if facts else measures
    write_report(folder, result, noted, command_record(command, seed), warn)
    if not measures or held_out is None:
        return
    if not quiet:
        err.print(measures_table(measures, f"Development set, {_chosen(result)}"))
    if line := model.no_better_than(measures, held_out.labels):
        warn(f"on the development set {line}. {_TRY}", style="bold red")


def _chosen(result: "TrainingResult") -> str:
    """The epoch that is kept, and what it was chosen by."""
    if not (result.best_epoch and result.metric):
        return "the last epoch"
    value = result.history[result.best_epoch - 1][result.metric]
    return f"epoch {result.best_epoch}, the best by {result.metric} ({value:.4f})"


def check_output(output: Path, *, resume: bool, overwrite: bool) -> None:
    """Refuse an output before anything is loaded.

    Raises:
        FileExistsError: there is a model, or a checkpoint, that shall not be replaced.
    """
    from keras_elmo.files.new_file import refuse_existing

    if not (resume or overwrite):
        _refuse_checkpoint(_checkpoint_path(output))
        refuse_existing(output, overwrite)


def _refuse_checkpoint(path: Path) -> None:
    if path.exists():
        raise FileExistsError(
            f"{path} is of a training that was interrupted. Continue it with --resume and the "
            "options it began with, or begin anew with --overwrite."
        )


def _checkpoint_path(output: Path) -> Path:
    return output.with_name(f"{output.name}.checkpoint")


def checkpoint_of(
    output: Path, seconds: float, *, anew: bool, resume: bool
) -> "TrainingCheckpoint":
    """The checkpoint beside a model folder, written every so many seconds.

    Args:
        output: the model folder.
        seconds: between two.
        anew, resume: what may be done where there is one.

    Raises:
        FileExistsError: there is one of a training that shall be neither continued nor replaced.
    """
    from keras_elmo.training.checkpoint import TrainingCheckpoint

    path = _checkpoint_path(output)
    if not (anew or resume):
        _refuse_checkpoint(path)
    return TrainingCheckpoint(path, minutes=seconds / 60)


def finish(
    output: Path,
    result: "TrainingResult",
    kind: str,
    *,
    again: str = "",
    quiet: bool = False,
) -> None:
    """Say where the model lies and which weights it has.

    Args:
        output: the model folder.
        result: how the training went.
        kind: of the data, for a hint that fits.
        again: the command that goes on after an interruption, if one can.
        quiet: say nothing but what went wrong.

    Raises:
        FloatingPointError: the training ended in a loss that was not finite.
    """
    from keras_elmo.data.kinds import KINDS

    which = f"the weights of {_chosen(result)}" if result.best_epoch else "the last weights"
    if result.diverged:
        raise FloatingPointError(f"{result.diverged} {output} has {which}, which are good.")
    if not result.interrupted:
        again = command_line("predict", output, KINDS[kind].example)
        say(f"{output} has {which}. Try: {again}", quiet=quiet)
        return
    warn(f"interrupted. {output} is a whole model with {which} so far.")
    if again:
        warn(f"go on with: {again}")
    stop_interrupted()
