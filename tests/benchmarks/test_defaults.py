"""What `benchmarks.defaults` runs, and what it concludes."""

import numpy as np
import pytest

from benchmarks.defaults import (
    ALL,
    StoredCalls,
    data_of,
    do,
    pending,
    read_parts,
    read_settings,
    training_of,
)
from benchmarks.defaults_report import compared, report

TEXTS = [(f"a {word} film", label) for word, label in (("good", "1"), ("bad", "0"), ("dull", "0"))]
TAGS = "Ada\tB-PER\nlives\tO\n\nRome\tB-LOC\n\n"


@pytest.fixture
def splits(tmp_path):
    """Return a folder with a set of texts and a set of tags."""
    for name in ("texts", "tags"):
        (tmp_path / name).mkdir()
    rows = "".join(f"{label}\t{text}\n" for text, label in TEXTS * 4)
    for part in ("train", "dev", "test"):
        (tmp_path / "texts" / f"{part}.tsv").write_text(rows)
        (tmp_path / "tags" / f"{part}.conll").write_text(TAGS * 4)
    return tmp_path


def test_settings_are_names_and_options():
    lines = ["# of dropout", "", "plain:", "less: --dropout 0.1 --ngrams"]
    assert read_settings(lines) == {"plain": "", "less": "--dropout 0.1 --ngrams"}


def test_what_is_done_stays_done():
    settings, lengths = {"plain": "", "less": "--dropout 0.1"}, {"a": 100, "b": 30}
    runs = list(pending([], settings, ["a", "b"], ["50", ALL], 2, lengths))
    assert [(r["set"], r["size"]) for r in runs[:6:2]] == [("a", "50"), ("a", ALL), ("b", ALL)]
    assert [r["seed"] for r in runs] == [0] * 6 + [1] * 6
    assert list(pending(runs[:9], settings, ["a", "b"], ["50", ALL], 2, lengths)) == runs[9:]
    settings["less"] = "--dropout 0.2"  # another setting, whatever it is called
    again = list(pending(runs, settings, ["a", "b"], ["50", ALL], 2, lengths))
    assert {r["options"] for r in again} == {"--dropout 0.2"}


def test_a_size_cuts_what_is_learned_from_and_developed_on(splits):
    folder = splits / "texts"
    run, ngrams = training_of(folder, "--ngrams --scheme BIOES")
    data, dev, test = data_of(run, read_parts(folder), "6", 1)
    assert ngrams
    assert [len(x) for x in (data.rows, data.held_out, dev, test)] == [6, 6, 12, 12]
    assert sorted(data.rows.labels) == ["0"] * 4 + ["1"] * 2  # the share of each class
    again, *_ = data_of(run, read_parts(folder), "6", 2)
    assert again.rows.lines != data.rows.lines
    whole, *_ = data_of(run, read_parts(folder), ALL, 1)
    assert (len(whole.rows), len(whole.held_out), whole.labels) == (12, 12, ["0", "1"])
    run, _ = training_of(splits / "tags", "--scheme BIOES")
    data, dev, _ = data_of(run, read_parts(splits / "tags"), "2", 1)
    assert (data.rows.scheme, dev.scheme, "S-PER" in data.labels) == ("BIOES", "BIOES", True)


def test_an_elmo_that_trains_is_refused(splits):
    with pytest.raises(SystemExit, match="must stay frozen"):
        training_of(splits / "texts", "--fine-tune slight")


def test_a_run_is_measured_on_stored_features(splits, tiny):
    options = f"--preset {tiny} --epochs 2 --lstm-units 4"
    row = {"setting": "x", "options": options, "set": "texts", "size": "6", "seed": 0}
    found = do(row, splits / "texts")
    assert found.items() >= row.items()
    assert (found["measure"], found["examples"], found["epochs"]) == ("accuracy", 6, 2)
    assert found["dev"] == found["test"]  # they are the same texts
    run, _ = training_of(splits / "tags", options)
    task = run.build(data_of(run, read_parts(splits / "tags"), ALL, 0)[0])
    texts = [["Ada", "lives"], ["Rome"]]
    plain = task.predict(texts)
    task._calls = StoredCalls(task)
    for one, other in zip(task.predict(texts), plain, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)  # features are kept as float16


ROWS = [
    {"setting": setting, "set": name, "size": "50", "dev": score, "training_seconds": 3.0}
    for setting, name, scores in (
        ("plain", "a", (60, 62)),
        ("plain", "b", (80, 82)),
        ("long", "a", (63, 65)),
        ("long", "b", (76, 78)),
        ("short", "a", (62, 64)),
        ("short", "b", (79, 81)),
    )
    for score in scores
]


def test_distances_are_in_standard_deviations_of_the_seeds():
    # Each pair of seeds has the variance 2.
    found = compared({"plain": [60, 62], "long": [63, 65]})
    assert found == {"plain": pytest.approx(-3 / 2**0.5), "long": 0.0}
    assert compared({"plain": [60], "long": [63]}) == {"plain": -3.0, "long": 0.0}
    assert compared({"plain": [60, 60], "long": [63, 63]}) == {"plain": -6.0, "long": 0.0}


def test_the_report_orders_settings_and_leaves_each_set_out():
    lines = report(ROWS).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:5]] == ["| short", "| plain", "| long"]
    assert lines[2] == "| short | -0.71 | 63.00 | 80.00 |"
    assert lines[5] == "| *standard deviation* |  | 1.41 | 1.41 |"
    assert "| a | plain | -2.12 |" in lines  # b's best one
    assert "| b | long | -2.83 |" in lines
    assert "| plain | 3 |" in lines
    assert report([]) == "no runs"
