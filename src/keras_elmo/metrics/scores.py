"""Precision, recall and F1 from counts."""

from typing import TypedDict


class Scores(TypedDict):
    """Precision, recall and their harmonic mean (0 to 1), and the number of gold items."""

    precision: float
    recall: float
    f1: float
    support: int


def scores(correct: int, predicted: int, gold: int) -> Scores:
    """Scores from the numbers of correct, predicted and gold items; 0 instead of 0 / 0."""
    return {
        "precision": correct / predicted if predicted else 0.0,
        "recall": correct / gold if gold else 0.0,
        "f1": 2 * correct / (predicted + gold) if predicted + gold else 0.0,
        "support": gold,
    }


def check_equal_length(name: str, gold: int, predicted: int) -> None:
    """Raise ValueError unless there are as many predictions as gold items, and some at all."""
    if gold != predicted or not gold:
        raise ValueError(
            f"gold and predicted must hold equally many {name}, at least one. "
            f"Received: {gold} and {predicted}"
        )
