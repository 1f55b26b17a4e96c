"""How a search goes: a bar, a line a trial, and its folder kept up to date."""

from collections.abc import Mapping
from typing import Any

from keras_elmo.cli.console import progress_bar, say, warn
from keras_elmo.reports.search_folder import write_search_report, write_trials
from keras_elmo.search.ledger import TrialRow
from keras_elmo.search.tuning import SearchResult


class TuneProgress:
    """Shows trials, their scores and the best one so far; use it as a context.

    Args:
        trials: of the whole search.
        quiet: show nothing.
    """

    def __init__(self, trials: int, *, quiet: bool = False) -> None:
        self._trials, self._quiet = trials, quiet
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
        text = f"trial {number}/{self._trials} · epoch {epoch} · {score:.4f}"
        self._bar.update(self._task, text=text)

    def on_trial(self, row: TrialRow, result: SearchResult) -> None:
        """Leave a line, and bring what lies in the folder up to date."""
        self._bar.update(self._task, completed=len(result.trials))
        if result.best and result.best.number == row.number:
            write_search_report(result, self.warn)
        else:
            write_trials(result.trials, result.folder)
        say(trial_line(row, result.best, self._trials), quiet=self._quiet)

    def warn(self, message: str) -> None:
        """Say once what cannot be done."""
        if message not in self._warned:
            self._warned.add(message)
            warn(message)


def trial_line(row: TrialRow, best: TrialRow | None, trials: int) -> str:
    """A trial in one line: number, score, the best one so far, seconds, what was drawn for it."""
    score = "" if row.score is None else f" {row.score:.4f}"
    state = {"complete": ""}.get(row.state, f" {row.state}")
    line = f"trial {row.number}/{trials}:{score}{state}"
    if best:
        line += f" (best {best.score:.4f}, trial {best.number})"
    line += f" · {row.seconds:.0f} s · {_settings(row.parameters)}"
    return f"{line} · {row.reason}" if row.reason else line


def _settings(parameters: Mapping[str, Any]) -> str:
    shown = {k: f"{v:.3g}" if isinstance(v, float) else v for k, v in parameters.items()}
    return ", ".join(f"{name} {value}" for name, value in shown.items())
