"""One trial: a training as of `keras-elmo train`, which the search may end after any epoch."""

import gc
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras

from keras_elmo.files.json_files import read_object
from keras_elmo.files.new_folder import new_folder
from keras_elmo.layers.memory import give_back_memory
from keras_elmo.metrics.selection import Selection
from keras_elmo.workflows.labelled_files import LabelledData, write_record
from keras_elmo.workflows.runs import TrainingRun
from keras_elmo.workflows.training import TrainingResult, train_task

# How a trial ends. The last two do not count: a continued search repeats the trial.
STATES = ("complete", "pruned", "failed", "out of time", "interrupted")
COMPLETE, PRUNED, FAILED, OUT_OF_TIME, INTERRUPTED = STATES
RECORD_FILE = "trial.json"
AfterEpoch = Callable[[int, float], str | None]
IsBest = Callable[[float, float], bool]


@dataclass(frozen=True)
class Outcome:
    """How a trial ended.

    Attributes:
        state: one of `STATES`.
        score: of its best epoch, the higher the better: the metric, and of those that are better
            the lower they are, such as the loss, minus the metric.
        loss, best_epoch: the loss of that epoch on the development set, and its number.
        epochs: how many were completed.
        reason: why it failed.
    """

    state: str
    score: float | None = None
    loss: float | None = None
    best_epoch: int | None = None
    epochs: int = 0
    reason: str | None = None


def run_trial(
    run: TrainingRun, data: LabelledData, folder: Path, after_epoch: AfterEpoch, is_best: IsBest
) -> Outcome:
    """Train, and write the model if it is the best one so far.

    Args:
        run: all settings.
        data: the labelled data, with a development set.
        folder: the folder that the model is written to.
        after_epoch: takes an epoch and its score; returns the state in which the trial ends there,
            or None to go on.
        is_best: takes score and loss at the end; returns whether the model is written.
    """
    report = _EpochReport(run.selection(data), after_epoch)
    try:
        outcome = _train(run, data, folder, report, is_best)
    except _EndedEarly as early:
        outcome = Outcome(str(early))
    except KeyboardInterrupt:
        outcome = Outcome(INTERRUPTED)
    except ValueError as error:  # settings that cannot be trained with
        outcome = Outcome(FAILED, reason=str(error))
    except Exception as error:
        if not _is_out_of_memory(error):
            raise
        outcome = Outcome(FAILED, reason="not enough memory")
    return replace(outcome, epochs=report.epochs)


def _train(
    run: TrainingRun, data: LabelledData, folder: Path, report: "_EpochReport", is_best: IsBest
) -> Outcome:
    keras.utils.clear_session()  # the trial before it leaves no trace, neither in names nor draws
    gc.collect()
    give_back_memory()
    data = data.in_scheme(run.scheme)  # which may be searched
    held_out = data.held_out
    if held_out is None:
        raise ValueError("a trial needs a development set. Received: none")
    task = run.build(data)
    result = train_task(
        task,
        data.rows.texts,
        data.rows.labels,
        (held_out.texts, held_out.labels),
        callbacks=[*run.monitors(task), report],
        **run.training(),
    )
    if result.diverged:
        return Outcome(FAILED, reason=result.diverged)
    if result.interrupted or result.best_epoch is None:
        return Outcome(INTERRUPTED)
    score, minus_loss = report.selection.score(result.history[result.best_epoch - 1])
    if is_best(score, -minus_loss):
        measures = task.report(held_out.texts, held_out.labels)
        if facts := data.facts(task):
            measures["data"] = facts
        record = {"result": asdict(result), "measures": measures}
        with new_folder(folder, overwrite=True) as unfinished:
            task.write(unfinished)
            write_record(unfinished, data.rows, held_out)
            (unfinished / RECORD_FILE).write_text(json.dumps(record), encoding="utf-8")
    return Outcome(COMPLETE, score, -minus_loss, result.best_epoch)


def read_record(folder: Path) -> tuple[TrainingResult, dict[str, Any]]:
    """How the training of a kept model went, and its measures on the development set."""
    record = read_object(folder / RECORD_FILE)
    try:
        return TrainingResult(**record["result"]), record["measures"]
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{folder / RECORD_FILE}: must say how a training went. Received: {error}. Remove "
            f"{folder}, and the search repeats the trial."
        ) from error


class _EndedEarly(Exception):  # noqa: N818
    """Ends a training after an epoch; its text is the state of the trial."""


class _EpochReport(keras.callbacks.Callback):
    """Reports every epoch, and ends the training where the answer is a state."""

    def __init__(self, selection: Selection, after_epoch: AfterEpoch) -> None:
        super().__init__()
        self.selection = selection
        self._after_epoch = after_epoch
        self.epochs = 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Report the epoch."""
        self.epochs = epoch + 1
        score = self.selection.score(logs or {})[0]
        if state := self._after_epoch(self.epochs, score):
            raise _EndedEarly(state)


def _is_out_of_memory(error: Exception) -> bool:
    """Whether it is what Python or one of the backends raises then."""
    text = f"{type(error).__name__} {error}".lower().replace("_", "")
    return isinstance(error, MemoryError) or any(
        sign in text
        for sign in ("resourceexhausted", "outofmemory", "out of memory", "allocate memory")
    )
