"""What `train` leaves beside a model: measures, history, pictures, the command."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from keras_elmo.reports.plots import PlotsMissingError, plot_confusion_matrix, plot_learning_curves
from keras_elmo.reports.records import write_history, write_json
from keras_elmo.workflows.training import TrainingResult


def write_report(
    folder: Path,
    result: TrainingResult,
    measures: Mapping[str, Any],
    record: Mapping[str, Any],
    warn: Callable[[str], None],
) -> None:
    """Write `metrics.json`, `history.csv`, `command.json` and the pictures into a folder.

    Of several columns, each has a confusion matrix of its own.

    Args:
        folder: an existing one.
        result: the result of the training.
        measures: of the development set, as the task's `report` returns them; empty for none.
        record: record of the command, as `command_record` returns it.
        warn: called with a message for each picture that cannot be drawn.
    """
    training: dict[str, Any] = {"metric": result.metric, "best_epoch": result.best_epoch}
    training["interrupted"] = result.interrupted
    if result.diverged:
        training["diverged"] = result.diverged
    write_json({**training, **measures}, folder / "metrics.json")
    write_json(record, folder / "command.json")
    if not result.history:
        return
    write_history(result.history, folder / "history.csv")
    try:
        best = (result.metric, result.best_epoch) if result.metric and result.best_epoch else None
        plot_learning_curves(result.history, folder / "learning_curves.png", best=best)
        columns = measures.get("columns", {}).items()
        for name, part in (("", measures), *((f"_{name}", part) for name, part in columns)):
            if "confusion_matrix" in part:
                place = folder / f"confusion_matrix{name}.png"
                plot_confusion_matrix(part["confusion_matrix"], part["labels"], place)
    except PlotsMissingError as error:
        warn(f"no pictures: {error}")
