"""The parts of the benchmark that decide what is run and what is reported."""

import json
from collections import Counter

import pytest

from benchmarks import pretraining_gain_plan as gain
from benchmarks.pretraining_gain_report import error_reduction, report, spread


@pytest.fixture
def labels():
    return ["a"] * 700 + ["b"] * 290 + ["c"] * 10


def test_a_subset_is_stratified_seeded_and_nested(labels):
    rows = gain.subset(labels, 0.1, seed=0)
    assert Counter(labels[i] for i in rows) == {"a": 70, "b": 29, "c": 1}
    assert rows == gain.subset(labels, 0.1, seed=0) != gain.subset(labels, 0.1, seed=1)
    assert set(rows) < set(gain.subset(labels, 0.3, seed=0))
    assert gain.subset(labels, 1.0, seed=0) == list(range(1000))


def test_a_subset_is_never_too_small(labels):
    few = Counter(labels[i] for i in gain.subset(labels, 0.001, seed=0))
    assert few.total() >= gain.MIN_EXAMPLES
    assert few["c"] == 1
    tags = [["O", "B-PER"]] * 500
    assert len(gain.subset(tags, 0.01, seed=0)) == gain.MIN_EXAMPLES
    assert len(gain.subset(tags, 0.1, seed=0)) == 50
    assert gain.subset(tags[:7], 0.01, seed=0) == list(range(7))


def test_small_training_sets_are_repeated_whole():
    rows = gain.rows_of_epoch(39, batch_size=32)
    assert len(rows) >= gain.MIN_STEPS * 32
    assert set(Counter(rows.tolist()).values()) == {len(rows) // 39}
    assert len(gain.rows_of_epoch(5000, batch_size=32)) == 5000


def test_done_runs_are_skipped_and_first_seeds_come_first(tmp_path):
    wanted = {"presets": ["mini"], "sets": ["x", "y"], "fractions": [1.0, 0.1], "seeds": 2}
    path = tmp_path / "runs.jsonl"
    everything = list(gain.pending(gain.read_rows(path), **wanted))
    assert len(everything) == 16
    assert [run["seed"] for run in everything] == [0] * 8 + [1] * 8
    path.write_text("".join(json.dumps(run | {"score": 1.0}) + "\n" for run in everything[:5]))
    assert list(gain.pending(gain.read_rows(path), **wanted)) == everything[5:]


def test_the_report(tmp_path):
    def row(elmo, fraction, seed, score):
        run = {"set": "sst2", "elmo": elmo, "fraction": fraction, "seed": seed}
        return run | {"score": score, "macro_f1": score, "seconds": 60}

    rows = [row("untrained", 1.0, 0, 79.0), row("untrained", 1.0, 1, 81.0)]
    rows += [row("mini", 1.0, 0, 85.0), row("mini", 0.3, 0, 80.5)]
    text = report(rows, tmp_path / "curves.png")
    assert "| sst2 | 80.00 ± 1.41 | 85.00 | 83.6 (TF-IDF + LR) | 25.0 % |" in text
    assert "**25.0 %**" in text
    assert "| sst2 | 80.00 ± 1.41 | 80.50 |\n| **as good** |  | 1 of 1 |" in text
    assert (tmp_path / "curves.png").stat().st_size > 5000


def test_arithmetic():
    assert error_reduction(80.0, 84.0) == pytest.approx(20.0)
    assert error_reduction(50.0, 45.0) == pytest.approx(-10.0)
    assert spread([]) == "–"
    assert spread([1.0]) == "1.00"
    assert spread([1.0, 3.0]) == "2.00 ± 1.41"
