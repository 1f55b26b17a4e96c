"""What a classifier may get after its training: n-grams, and probabilities that are meant."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keras_elmo.cli.console import say

if TYPE_CHECKING:
    from keras_elmo.data.datasets import Dataset
    from keras_elmo.tasks.texts.text_classifier import ElmoTextClassifier


def check_steps(
    rows: "Dataset", held_out: "Dataset | None", *, ngrams: bool, calibrate: bool
) -> None:
    """Refuse before the training what could not be done after it.

    Args:
        rows: what is trained on.
        held_out: what it is developed on.
        ngrams, calibrate: what is wanted.

    Raises:
        ValueError: not for a classifier, or nothing to develop on.
    """
    from keras_elmo.data.kinds import KINDS

    kind, wanted = KINDS[rows.kind], {"ngrams": ngrams, "calibrate": calibrate}
    for step in (name for name, said in wanted.items() if said):
        if held_out is None or not kind.steps:
            raise ValueError(
                f"--{step} is for a classifier with a development set. Received: "
                f"{rows.kind}, {'no' if held_out is None else 'with a'} development set"
            )
        if step not in kind.steps:  # the network of all classifiers can be calibrated
            raise ValueError(f"n-grams are for one label of one text. Received: {kind.holds}")


def do_steps(
    model: Any,
    rows: "Dataset",
    held_out: "Dataset | None",
    *,
    ngrams: bool,
    calibrate: bool,
    quiet: bool = False,
) -> None:
    """Add n-grams and calibrate as wanted, and say how; see `check_steps`."""
    if held_out is None:
        return
    if ngrams:
        model.add_ngrams(rows.texts, rows.labels, (held_out.texts, held_out.labels))
        say(f"{_weights_line(model)} (--no-ngrams leaves them out)", quiet=quiet)
    if calibrate:
        model.calibrate(held_out.texts, held_out.labels)
        say(_calibration_line(model), quiet=quiet)


def _weights_line(model: "ElmoTextClassifier") -> str:
    found = model.ngrams
    if found is None:
        return ""
    parts = [f"{len(kind.ngrams):,} of {kind.kind}" for kind in found.kinds]
    names = ["network", *(kind.kind for kind in found.kinds)]
    weights = [f"{name} {w:.2f}" for name, w in zip(names, found.weights, strict=True)]
    return f"n-grams: {', '.join(parts)}; weights: {', '.join(weights)}"


def _calibration_line(model: "ElmoTextClassifier") -> str:
    line = f"calibrated: temperature {model.temperature:.3f}"
    if model.multi_label and isinstance(model.thresholds, Sequence):
        pairs = zip(model.labels, model.thresholds, strict=True)
        line += "; thresholds " + ", ".join(f"{label} {value:.2f}" for label, value in pairs)
    return line
