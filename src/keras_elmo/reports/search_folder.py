"""The report of a search: its trials, pictures, the best model's report and its command."""

import shlex
from collections.abc import Callable, Mapping
from os import PathLike

from keras_elmo.files.new_file import new_file
from keras_elmo.reports.model_folder import write_report
from keras_elmo.reports.plots import PlotsMissingError, new_figure, save_figure
from keras_elmo.reports.records import command_record, write_history
from keras_elmo.search.ledger import BEST
from keras_elmo.search.trial import COMPLETE, PRUNED, RECORD_FILE, read_record
from keras_elmo.search.tuning import SearchResult

TRIALS_FILE, COMMAND_FILE = "trials.csv", "train_command.txt"
HISTORY_PICTURE, IMPORTANCE_PICTURE = "history.png", "importance.png"


def write_search_report(result: SearchResult, warn: Callable[[str], None]) -> None:
    """Write everything that a search found to its folder.

    Args:
        result: the result of the search.
        warn: called with a message for each thing that cannot be written.
    """
    folder = result.folder
    write_trials(result)
    if result.best is None:
        return
    with new_file(folder / COMMAND_FILE, overwrite=True) as unfinished:
        unfinished.write_text(f"{shlex.join(result.command)}\n", encoding="utf-8")
    if (folder / BEST / RECORD_FILE).is_file():
        record = command_record(result.command, result.seed)
        write_report(folder / BEST, *read_record(folder / BEST), record, warn)
    else:
        warn(f"{folder / BEST} is not there any more. {folder / COMMAND_FILE} makes its model.")
    try:
        plot_search_history(result, folder / HISTORY_PICTURE)
        if result.importance:
            plot_importance(result.importance, folder / IMPORTANCE_PICTURE)
    except PlotsMissingError as error:
        warn(f"no pictures: {error}")


def write_trials(result: SearchResult) -> None:
    """Write a row a trial as CSV, with a column for each parameter that was drawn.

    The metric that trials are compared by has its own name, such as `val_accuracy`.
    """
    rows, metric = [], result.selection
    for trial in result.trials:
        value = None if trial.score is None else metric.value(trial.score)
        row = {"number": trial.number, "state": trial.state, metric.column: value}
        row |= {"loss": trial.loss, "best_epoch": trial.best_epoch, "epochs": trial.epochs}
        rows.append(row | {"seconds": trial.seconds, "reason": trial.reason, **trial.parameters})
    write_history(rows, result.folder / TRIALS_FILE)


def plot_search_history(result: SearchResult, path: str | PathLike[str]) -> None:
    """Draw the metric of each trial, and the best one so far; those that failed have none."""
    trials, value = result.trials, result.selection.value
    figure = new_figure(6.4, 4.0)
    axes = figure.add_subplot()
    for state, marker, color in ((COMPLETE, "o", "tab:blue"), (PRUNED, "x", "tab:gray")):
        scored = [row for row in trials if row.state == state and row.score is not None]
        points = [(row.number, value(row.score or 0.0)) for row in scored]
        if points:
            numbers, scores = zip(*points, strict=True)
            axes.scatter(numbers, scores, marker=marker, color=color, label=state, s=28)
    best, numbers, scores = None, [], []
    for row in trials:
        if row.state == COMPLETE and row.score is not None:
            best = row.score if best is None else max(best, row.score)
        if best is not None:
            numbers.append(row.number)
            scores.append(value(best))
    axes.step(numbers, scores, where="post", color="tab:orange", label="best so far")
    axes.set(xlabel="trial", ylabel=result.selection.column, title="Search history")
    axes.locator_params(axis="x", integer=True)
    axes.grid(alpha=0.3)
    axes.legend()
    save_figure(figure, path)


def plot_importance(importance: Mapping[str, float], path: str | PathLike[str]) -> None:
    """Draw each parameter's share of what makes a trial good, the greatest first."""
    figure = new_figure(6.4, 1.2 + 0.36 * len(importance))
    axes = figure.add_subplot()
    names = list(importance)[::-1]  # a bar chart begins below
    bars = axes.barh(names, [importance[name] for name in names], color="tab:blue")
    axes.bar_label(bars, fmt="{:.0%}", padding=3)
    axes.margins(x=0.12)
    axes.set(xlabel="share of what makes a trial good", title="Importance of the parameters")
    axes.xaxis.set_major_formatter("{x:.0%}")
    save_figure(figure, path)
