"""How far predicted numbers are off, and how well they go with the gold ones."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from keras_elmo.metrics.scores import check_equal_length


class RegressionReport(TypedDict):
    """Measures of predicted numbers; a correlation is None where one side is constant."""

    mae: float
    rmse: float
    pearson: float | None
    spearman: float | None


def regression_report(
    gold: Sequence[float] | np.ndarray, predicted: Sequence[float] | np.ndarray
) -> RegressionReport:
    """Measure predicted numbers.

    Args:
        gold, predicted: numbers `(examples,)`.

    Returns:
        `mae`, the mean absolute error; `rmse`, the root of the mean squared error; `pearson`, the
        linear correlation, and `spearman`, that of the ranks (equal numbers share the mean of
        theirs).

    Raises:
        ValueError: lists of unequal length.

    Example:
        >>> regression_report([1, 2, 3], [1, 2, 9])["spearman"]
        1.0
    """
    check_equal_length("numbers", len(gold), len(predicted))
    x, y = np.asarray(gold, np.float64), np.asarray(predicted, np.float64)
    off = np.abs(x - y)
    return {
        "mae": float(off.mean()),
        "rmse": float(np.sqrt((off**2).mean())),
        "pearson": _correlation(x, y),
        "spearman": _correlation(_ranks(x), _ranks(y)),
    }


def _correlation(x: np.ndarray, y: np.ndarray) -> float | None:
    if x.min() == x.max() or y.min() == y.max():
        return None
    x, y = x - x.mean(), y - y.mean()
    found = x @ y / np.sqrt((x @ x) * (y @ y))
    return float(np.clip(found, -1.0, 1.0))


def _ranks(x: np.ndarray) -> np.ndarray:
    _, place, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2.0)[place]
