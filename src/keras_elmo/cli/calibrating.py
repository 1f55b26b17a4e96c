"""Probabilities that mean what they say: a step after a training."""

from typing import TYPE_CHECKING

from keras_elmo.cli.console import say

if TYPE_CHECKING:
    from keras_elmo.tasks.task import ElmoTask
    from keras_elmo.text.datasets import Dataset


def check_can_calibrate(model: "ElmoTask", held_out: "Dataset | None") -> None:
    """Refuse before the training what could not be done after it.

    Raises:
        ValueError: not a classifier, or nothing to develop on.
    """
    from keras_elmo.tasks.text_classifier import ElmoTextClassifier

    if held_out is None or not isinstance(model, ElmoTextClassifier):
        raise ValueError(
            "--calibrate is for a classifier with a development set. Received: "
            f"{type(model).__name__}, {'no' if held_out is None else 'with a'} development set"
        )


def calibrated(model: "ElmoTask", held_out: "Dataset | None", *, quiet: bool = False) -> None:
    """Calibrate a classifier on what it was developed on, and say how."""
    from keras_elmo.tasks.text_classifier import ElmoTextClassifier

    if held_out is None or not isinstance(model, ElmoTextClassifier):
        return
    model.calibrate(held_out.texts, held_out.labels)
    line = f"calibrated: temperature {model.temperature:.3f}"
    if model.multi_label and not isinstance(model.thresholds, float):
        pairs = zip(model.labels, model.thresholds, strict=True)
        line += "; thresholds " + ", ".join(f"{label} {value:.2f}" for label, value in pairs)
    say(line, quiet=quiet)
