"""What a search decides: which trial comes next, when it ends, and whose model is kept."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from keras_elmo.files.work_folder import (
    clear,
    move_in,
    remove_folder,
    remove_unfinished,
    work_folder,
)
from keras_elmo.search.study import FACTS, NUMBER, FrozenTrial, Study, Trial, TrialState
from keras_elmo.search.trial import COMPLETE, INTERRUPTED, OUT_OF_TIME, PRUNED, RECORD_FILE, Outcome
from keras_elmo.workflows.labelled_files import LabelledData
from keras_elmo.workflows.runs import TrainingRun

BEST = "best"
_STATES = {  # of Optuna; what failed there counts as if it had never begun
    COMPLETE: TrialState.COMPLETE,
    OUT_OF_TIME: TrialState.FAIL,
    INTERRUPTED: TrialState.FAIL,
}


@dataclass(frozen=True, kw_only=True)
class TrialRow(Outcome):
    """A trial that ended; the score of a pruned one is that of its best epoch until then.

    Attributes:
        number: its number, counted from 1.
        parameters: the settings that were drawn for it.
        seconds: how long it took.
    """

    number: int
    parameters: Mapping[str, Any]
    seconds: float

    @classmethod
    def of(cls, trial: FrozenTrial) -> "TrialRow":
        """The row of a trial in the study."""
        number, facts = trial.user_attrs[NUMBER], trial.user_attrs[FACTS]
        seen = trial.intermediate_values.values()
        score = trial.value if trial.state == TrialState.COMPLETE else max(seen, default=None)
        return cls(number=number, parameters=dict(trial.params), score=score, **facts)


@dataclass
class Assignment:
    """A trial that is running.

    Attributes:
        number: its number, counted from 1.
        run: all its settings.
        folder: the folder that its model is written to.
    """

    number: int
    run: TrainingRun
    folder: Path
    trial: Trial
    begin: float = field(default_factory=time.monotonic)


class Ledger:
    """The running trials of one search, its budget, and the model of its best trial.

    Args:
        study: the record of all trials so far.
        run: the settings that all trials share.
        data: the labelled data that they train on.
        folder: the folder of the search.
        max_trials, max_seconds: the budget, with what was spent before the search was continued.
        on_epoch, on_trial: called for progress.
    """

    def __init__(
        self,
        study: Study,
        run: TrainingRun,
        data: LabelledData,
        folder: Path,
        max_trials: int,
        max_seconds: float | None,
        on_epoch: Callable[[int, int, float], None],
        on_trial: Callable[[TrialRow], None],
    ) -> None:
        self.study, self.data = study, data
        self._run, self._folder = run, folder
        self._max_trials, self._max_seconds = max_trials, max_seconds
        self._on_epoch, self._on_trial = on_epoch, on_trial
        self._start = time.monotonic() - study.seconds
        self._running: dict[int, Assignment] = {}
        self._settle()

    def begin(self) -> Assignment | None:
        """The next trial; None where the budget is spent."""
        if len(self.study.trials()) >= self._max_trials or self._is_late():
            return None
        trial, parameters = self.study.ask()
        number = trial.user_attrs[NUMBER]
        run = replace(self._run, **parameters)
        begun = Assignment(number, run, self._folder / f"trial-{number}", trial)
        self._running[number] = begun
        return begun

    def after_epoch(self, number: int, epoch: int, score: float) -> str | None:
        """The state in which a trial ends after this epoch; None where it goes on."""
        self._on_epoch(number, epoch, score)
        trial = self._running[number].trial
        is_bad = self.study.report(trial, epoch, score)
        if self._is_late():
            return OUT_OF_TIME
        return PRUNED if is_bad else None

    def is_best(self, score: float, loss: float) -> bool:
        """Whether a trial that ended with this score and loss is the best one so far."""
        best = self.best()
        return best is None or (score, -loss) > (best.score, -(best.loss or 0.0))

    def end(self, number: int, outcome: Outcome) -> None:
        """Record how a trial ended."""
        begun = self._running.pop(number)
        seconds = time.monotonic() - begun.begin
        facts = asdict(outcome) | {"seconds": round(seconds, 2)}
        score = facts.pop("score")
        # The sampler counts a pruned one as bad, and learns to avoid it.
        state = _STATES.get(outcome.state, TrialState.PRUNED)
        ended = self.study.tell(begun.trial, state, score, facts)
        self.study.seconds = time.monotonic() - self._start
        self._settle()
        self._on_trial(TrialRow.of(ended))

    def drop_running(self) -> None:
        """Record that the search was interrupted."""
        for number in list(self._running):
            self.study.tell(self._running.pop(number).trial, TrialState.FAIL, None, {})
        self.study.seconds = time.monotonic() - self._start
        self._settle()

    def rows(self) -> list[TrialRow]:
        """All trials that have ended and count."""
        running = (TrialState.RUNNING, TrialState.WAITING)
        return [TrialRow.of(t) for t in self.study.trials() if t.state not in running]

    def best(self) -> TrialRow | None:
        """The best trial so far."""
        best = self.study.best()
        return best and TrialRow.of(best)

    def _is_late(self) -> bool:
        spent = time.monotonic() - self._start
        return self._max_seconds is not None and spent >= self._max_seconds

    def _settle(self) -> None:
        """Give the best trial's model its place, also after a kill, and remove the others'."""
        best, place = self.best(), self._folder / BEST
        new = self._folder / f"trial-{best.number}" if best else None
        with work_folder(place) as work:
            if new and new.is_dir():
                clear(work)
                move_in(new, place)
            clear(work)
        written = [f"trial-{number}" for number in self._running]
        for path in self._folder.glob("trial-*"):
            trial = path.with_name(path.name.removesuffix(".unfinished"))
            if re.fullmatch(r"trial-\d+", trial.name) and trial.name not in written:
                if (trial / RECORD_FILE).is_file():  # else it is no model
                    remove_folder(trial)
                remove_unfinished(trial)
