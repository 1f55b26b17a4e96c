"""What `tune` leaves beside its study: the trials, pictures, the best model's report, a command."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from keras_elmo.files.new_file import new_file
from keras_elmo.reports.model_folder import write_report
from keras_elmo.reports.plots import PlotsMissingError
from keras_elmo.reports.records import command_record, write_history
from keras_elmo.reports.search_plots import plot_importance, plot_search_history
from keras_elmo.search.ledger import BEST, TrialRow
from keras_elmo.search.trial import RECORD_FILE, read_record
from keras_elmo.search.tuning import SearchResult

TRIALS_FILE, COMMAND_FILE = "trials.csv", "train_command.txt"
HISTORY_PICTURE, IMPORTANCE_PICTURE = "history.png", "importance.png"


def write_search_report(result: SearchResult, warn: Callable[[str], None]) -> None:
    """Write everything that a search found to its folder.

    Args:
        result: what it found.
        warn: called with a message for what cannot be written.
    """
    folder = result.folder
    write_trials(result.trials, folder)
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
        plot_search_history(result.trials, folder / HISTORY_PICTURE)
        if result.importance:
            plot_importance(result.importance, folder / IMPORTANCE_PICTURE)
    except PlotsMissingError as error:
        warn(f"no pictures: {error}")


def write_trials(trials: Sequence[TrialRow], folder: Path) -> None:
    """Write a row a trial as CSV, with a column for each parameter that was drawn."""
    rows = []
    for trial in trials:
        row = {"number": trial.number, "state": trial.state, "score": trial.score}
        row |= {"loss": trial.loss, "best_epoch": trial.best_epoch, "epochs": trial.epochs}
        rows.append(row | {"seconds": trial.seconds, "reason": trial.reason, **trial.parameters})
    write_history(rows, folder / TRIALS_FILE)
