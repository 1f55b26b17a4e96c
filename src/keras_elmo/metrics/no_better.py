"""Whether measures are no better than those of a guess that looks at no text."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def than_one_label(measures: Mapping[str, Any]) -> str:
    """What a classifier or tagger is no better than: always its most frequent label.

    Args:
        measures: what `classification_report` returns, or of several labels `multi_label_report`,
            or of spans `span_f1`.

    Returns:
        A sentence; nothing where the measures are better, or where all is right.
    """
    if "per_type" in measures:
        return "" if measures["f1"] else "no span is right (F1 0)"
    if "accuracy" not in measures:
        return "" if measures["micro_f1"] else "no label is right (F1 0)"
    support = {label: row["support"] for label, row in measures["per_class"].items()}
    label = max(support, key=support.__getitem__)
    share, accuracy = support[label] / sum(support.values()), measures["accuracy"]
    if accuracy > share or accuracy == 1.0:
        return ""
    return f"accuracy {accuracy:.3f} is no better than always {label!r} ({share:.3f})"


def than_the_mean(measures: Mapping[str, Any], gold: Sequence[float] | np.ndarray) -> str:
    """What a regressor is no better than: always the mean of the gold numbers.

    Args:
        measures: what `regression_report` returns.
        gold: the numbers that it was measured on.
    """
    spread = float(np.std(np.asarray(gold, np.float64)))
    if measures["rmse"] < spread or measures["rmse"] == 0.0:
        return ""
    return f"RMSE {measures['rmse']:.3f} is no better than always the mean ({spread:.3f})"


def than_nothing(measures: Mapping[str, Any]) -> str:
    """What a model that writes or answers is no better than: nothing that is right.

    Args:
        measures: with `exact_match`; where some questions have no answer, with `has_answer`.
    """
    if not measures["exact_match"]:
        return "no prediction is right (exact match 0)"
    answered = measures.get("has_answer")
    if answered and not answered["exact_match"]:
        return f"no answer is right, of {answered['support']:,} questions that have one"
    return ""
