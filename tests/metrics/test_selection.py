"""The measure that chooses: which way it counts, and what decides between equals."""

import pytest

from keras_elmo.metrics.selection import Selection

ROWS = [
    {"val_accuracy": 0.5, "val_rmse": 2.0, "val_loss": 0.7},
    {"val_accuracy": 0.8, "val_rmse": 3.0, "val_loss": 0.9},
    {"val_accuracy": 0.8, "val_rmse": 2.0, "val_loss": 0.8},
]


@pytest.mark.parametrize(("metric", "best"), [("accuracy", 2), ("rmse", 0), ("loss", 0)])
def test_the_best_row(metric, best):
    selection = Selection(metric)
    scores = [selection.score(row) for row in ROWS]
    assert max(range(3), key=scores.__getitem__) == best
    assert [selection.value(score[0]) for score in scores] == [r[f"val_{metric}"] for r in ROWS]
