"""How a search goes: a bar, a line a trial, and its folder kept up to date."""

from collections.abc import Mapping
from typing import Any

from keras_elmo.cli.console import progress_bar, say, warn
from keras_elmo.metrics.selection import Selection
from keras_elmo.reports.search_folder import write_search_report, write_trials
from keras_elmo.search.ledger import TrialRow
from keras_elmo.search.tuning import SearchResult


class TuneProgress:
    """Shows trials, their scores and the best one so far; use it as a context.

    Args:
        trials: of the whole search.
        selection: by what trials are compared.
        quiet: show nothing.
    """

    def __init__(self, trials: int, selection: Selection, *, quiet: bool = False) -> None:
        self._trials, self._selection, self._quiet = trials, selection, quiet
        self._warned: set[str] = set()
        self._bar = progress_bar(quiet=quiet, end_known=False)
        self._task = self._bar.add_task("search", total=trials, text="")

    def __enter__(self) -> "TuneProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def on_epoch(self, number: int, epoch: int, score: float) -> None:
        """Show where a trial is."""
        text = f"trial {number}/{self._trials} · epoch {epoch}"
        text += f" · {self._selection.column} {self._selection.value(score):.4f}"
        self._bar.update(self._task, text=text)

    def on_trial(self, row: TrialRow, result: SearchResult) -> None:
        """Leave a line, and bring what lies in the folder up to date."""
        self._bar.update(self._task, completed=len(result.trials))
        if result.best and result.best.number == row.number:
            write_search_report(result, self.warn)
        else:
            write_trials(result)
        say(trial_line(row, result, self._trials), quiet=self._quiet)

    def warn(self, message: str) -> None:
        """Say once what cannot be done."""
        if message not in self._warned:
            self._warned.add(message)
            warn(message)


def trial_line(row: TrialRow, result: SearchResult, trials: int) -> str:
    """A trial in one line: number, metric, the best one so far, seconds, what was drawn for it."""
    best, metric = result.best, result.selection
    score = "" if row.score is None else f" {metric.column} {metric.value(row.score):.4f}"
    state = {"complete": ""}.get(row.state, f" {row.state}")
    line = f"trial {row.number}/{trials}:{score}{state}"
    if best and best.score is not None:
        line += f" (best {metric.value(best.score):.4f}, trial {best.number})"
    line += f" · {row.seconds:.0f} s · {_settings(row.parameters)}"
    return f"{line} · {row.reason}" if row.reason else line


def _settings(parameters: Mapping[str, Any]) -> str:
    shown = {k: f"{v:.3g}" if isinstance(v, float) else v for k, v in parameters.items()}
    return ", ".join(f"{name} {value}" for name, value in shown.items())
