"""`--task pair`: from two columns of text to a model folder and back."""

import json

import pytest

SMALL = ("--epochs", "2", "--lstm-units", "4", "--batch-size", "8")
ROWS = [
    ("a good film", "a film", "same"),
    ("a bad film", "no film", "other"),
    ("it is good", "good", "same"),
] * 8


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.tsv"
    lines = ["premise\thypothesis\tlabel", *("\t".join(row) for row in ROWS)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def test_train_evaluate_predict(run, tiny, pairs, tmp_path):
    options = ("--task", "pair", "--cross-attention", "--class-weight", "balanced", "--calibrate")
    shown = run("train", pairs, "-o", "model/", *options, "--preset", tiny, *SMALL).stderr
    assert "pair, 2 labels" in shown
    assert "calibrated: temperature" in shown
    model = tmp_path / "model"
    task = json.loads((model / "task.json").read_text())
    assert task["class_name"] == "ElmoPairClassifier"
    assert task["config"]["cross_attention"] is True
    metrics = json.loads((model / "metrics.json").read_text())
    assert metrics["labels"] == ["other", "same"]
    assert (model / "confusion_matrix.png").is_file()

    run("evaluate", "model/", pairs)
    report = json.loads((model / "evaluation.json").read_text())
    assert report["examples"] == 24
    errors = records((model / "errors.jsonl").read_text())
    assert len(errors) == round(24 * (1 - report["accuracy"]))
    for error in errors:
        assert (error["text_a"], error["text_b"], error["gold"]) == ROWS[error["line"] - 2]
        assert error["predicted"] != error["gold"]

    stdin = "a good film\ta film\nit is good\tno film\n"
    found = records(run("predict", "model/", "-", stdin=stdin).stdout)
    assert [(r["text_a"], r["text_b"]) for r in found] == [
        ("a good film", "a film"),
        ("it is good", "no film"),
    ]
    for record in found:
        assert record["label"] == max(record["probabilities"], key=record["probabilities"].get)
    same = run("predict", "model/", pairs, "--text", "premise,hypothesis").stdout
    assert len(records(same)) == 24
    shown = run("predict", "model/", "-", "--pretty", stdin=stdin).stdout
    assert shown.startswith("a good film\na film\n")
    assert "%" in shown


def test_a_development_file_of_the_same_columns(run, tiny, pairs, tmp_path):
    options = ("--task", "pair", "--text", "0,1", "--label", "2", "--header", "--dev", pairs)
    run("train", pairs, "-o", "model/", *options, "--preset", tiny, *SMALL)
    assert json.loads((tmp_path / "model" / "metrics.json").read_text())["examples"] == 24
    command = json.loads((tmp_path / "model" / "command.json").read_text())["command"]
    assert command[command.index("--text") + 1] == "0,1"


def test_bad_input(run, tiny, pairs, reviews, tmp_path):
    options = ("--task", "pair", "--preset", tiny, "-o", "model/", *SMALL)
    empty = tmp_path / "empty.tsv"
    empty.write_text("text_a\ttext_b\tlabel\nx\ty\tz\nx\t\tz\n")
    assert (
        "empty.tsv:3: the text is empty. Received: '' as 'text_b'"
        in run("train", empty, *options, code=1).stderr
    )
    shown = run("train", reviews, *options, code=1).stderr
    assert "premise and hypothesis" in shown
    shown = run("train", reviews, "--cross-attention", *options[2:], code=1).stderr
    assert "only texts of a pair attend to each other" in shown
    assert not (tmp_path / "model").exists()
