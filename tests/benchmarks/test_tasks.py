"""What `benchmarks.tasks` runs and shows."""

import pytest

from benchmarks.tasks import joined, pending
from benchmarks.tasks_report import FINAL, WITH_EPOCH, report
from keras_elmo.data.datasets import CLASSIFICATION, TAGGING, Dataset


def row(name, elmo, seed, **test):
    return {"set": name, "elmo": elmo, "seed": seed, "test": test}


def test_a_first_seed_of_everything_comes_before_a_second_one():
    done = [row("a", FINAL, 0)]
    runs = [(run["seed"], run["set"], run["elmo"]) for run in pending(done, ["a", "b"], 2)]
    assert runs[:4] == [
        (0, "a", "untrained"),
        (0, "b", FINAL),
        (0, "b", "untrained"),
        (1, "a", FINAL),
    ]
    assert len(runs) == 7


def test_the_table_has_means_and_deviations_beside_baseline_and_aim():
    rows = [row("wikigold", FINAL, seed, F1=f1) for seed, f1 in enumerate((79.0, 80.0, 81.0))]
    rows += [row("wikigold", "untrained", 0, F1=69.5), row("wikigold", WITH_EPOCH, 0, F1=80.5)]
    lines = report(rows).splitlines()
    cells = "69.50 | 80.00 ± 1.00 | 80.50 | 73.4 (CRFsuite) | 78.0"
    assert lines[2] == f"| Wikigold, span F1 | {cells} |"
    assert lines[3].startswith("| WNUT-17, span F1 | – | – | – |")


def test_slots_and_intents_of_the_same_sentences():
    texts = [["play", "jazz"], ["stop"]]
    slots = Dataset("slots", TAGGING, texts, [["O", "B-genre"], ["O"]], [1, 4])
    intents = Dataset("intents", CLASSIFICATION, ["play jazz", "stop"], ["Play", "Stop"], [1, 2])
    both = joined(slots, intents)
    assert both.labels[0] == {"slots": ["O", "B-genre"], "intent": "Play"}
    assert both.classes() == {"slots": ["O", "B-genre"], "intent": ["Play", "Stop"]}
    with pytest.raises(ValueError, match="shorter"):
        joined(slots, intents.rows([0]))
