"""A trial that ends leaves one line, unless nothing is to be said."""

from dataclasses import replace

import pytest

from keras_elmo.metrics.selection import Selection

pytest.importorskip("optuna")
from keras_elmo.cli.tune_progress import TuneProgress
from keras_elmo.search.ledger import TrialRow
from keras_elmo.search.tuning import SearchResult

DRAWN = {"dropout": 0.25, "mix": "mean"}
ROW = TrialRow(
    "complete", -0.5, 0.5, best_epoch=1, epochs=2, number=2, parameters=DRAWN, seconds=3.2
)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (ROW, "trial 2/9: val_loss 0.5000"),
        (replace(ROW, state="pruned"), "trial 2/9: val_loss 0.5000 pruned"),
        (replace(ROW, state="failed", score=None, reason="not enough memory"), "trial 2/9: failed"),
    ],
)
@pytest.mark.parametrize("quiet", [False, True])
def test_a_line_a_trial(tmp_path, capsys, row, told, quiet):
    best = replace(ROW, number=1, score=-0.25)
    result = SearchResult(tmp_path, [best, row], best, Selection("loss"), {}, [], 13)
    with TuneProgress(9, Selection("loss"), quiet=quiet) as progress:
        progress.on_trial(row, result)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("trial ")]
    line = f"{told} (best 0.2500, trial 1) · 3 s · dropout 0.25, mix mean"
    assert lines == [line + (f" · {row.reason}" if row.reason else "")] * (not quiet)
