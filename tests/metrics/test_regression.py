"""Errors and correlations against sums written out, and against SciPy where it is there."""

import math

import numpy as np
import pytest

from keras_elmo.metrics import regression_report

RNG = np.random.default_rng(5)


def brute_pearson(x, y):
    mx, my = sum(x) / len(x), sum(y) / len(y)
    top = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
    return top / math.sqrt(sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y))


def brute_ranks(x):
    """The mean place that a number has among all, counted from 1."""
    return [sum(b < a for b in x) + (sum(b == a for b in x) + 1) / 2 for a in x]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_as_written_out(ties, scale):
    x, y = RNG.normal(size=(2, 40))
    if ties:
        x, y = np.round(x), np.round(y)
    y, x = (y + 0.5 * x) * scale, x * scale
    report = regression_report(x, y)
    pairs = list(zip(x.tolist(), y.tolist(), strict=True))
    assert report["mae"] == pytest.approx(sum(abs(a - b) for a, b in pairs) / 40)
    assert report["rmse"] == pytest.approx(math.sqrt(sum((a - b) ** 2 for a, b in pairs) / 40))
    assert report["pearson"] == pytest.approx(brute_pearson(x, y))
    assert report["spearman"] == pytest.approx(brute_pearson(brute_ranks(x), brute_ranks(y)))
    stats = pytest.importorskip("scipy.stats")
    assert report["pearson"] == pytest.approx(stats.pearsonr(x, y).statistic)
    assert report["spearman"] == pytest.approx(stats.spearmanr(x, y).statistic)


def test_a_constant_side_has_no_correlation():
    assert regression_report([1, 2], [3, 3]) == {
        "mae": 1.5,
        "rmse": math.sqrt(2.5),
        "pearson": None,
        "spearman": None,
    }
    assert regression_report([1.0], [1.0])["pearson"] is None


def test_perfect_ones():
    x = RNG.normal(size=9)
    report = regression_report(x, x)
    assert (report["mae"], report["rmse"]) == (0.0, 0.0)
    assert report["pearson"] == report["spearman"] == pytest.approx(1.0)
    assert regression_report(x, -x)["spearman"] == pytest.approx(-1.0)
    assert regression_report(x, np.exp(x))["spearman"] == pytest.approx(1.0)  # a matter of order


def test_lists_of_unequal_length():
    with pytest.raises(ValueError, match="equally many numbers"):
        regression_report([1, 2], [1])
