"""`--task regression`: from numbers in a file to a model folder and back."""

import json

import pytest

SMALL = ("--epochs", "2", "--lstm-units", "4", "--batch-size", "8")
ROWS = [("a good film", "4.5"), ("a bad film", "-1e0"), ("a film", "2")] * 8


@pytest.fixture
def prices(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("text,price\n" + "".join(f"{text},{price}\n" for text, price in ROWS))
    return path


def test_train_evaluate_predict(run, tiny, prices, tmp_path):
    options = ("--task", "regression", "--label", "price", "--preset", tiny)
    shown = run("train", prices, "-o", "model/", *options, *SMALL).stderr
    assert "regression: 22 rows to train on" in shown
    model = tmp_path / "model"
    metrics = json.loads((model / "metrics.json").read_text())
    assert {"mae", "rmse", "pearson", "spearman"} <= metrics.keys()
    assert (model / "learning_curves.png").is_file()

    shown = run("evaluate", "model/", prices, "--label", "price").stdout
    report = json.loads((model / "evaluation.json").read_text())
    assert f"{report['rmse']:.4f}" in shown
    (tmp_path / "same.csv").write_text("text,price\na film,2\nno film,2\n")
    same = run("evaluate", "model/", "same.csv", "-o", "same.json").stdout
    assert [line.split()[3] for line in same.splitlines() if "pearson" in line] == ["–"]
    errors = [json.loads(line) for line in (model / "errors.jsonl").read_text().splitlines()]
    assert len(errors) == 24
    for error in errors:
        text, price = ROWS[error["line"] - 2]
        assert (error["input"], error["gold"]) == (text, float(price))
        assert error["error"] == pytest.approx(error["predicted"] - error["gold"])

    [record] = run("predict", "model/", "-", stdin="a good film\n").stdout.splitlines()
    record = json.loads(record)
    assert record["text"] == "a good film"
    assert -1.0 < record["value"] < 4.5
    shown = run("predict", "model/", "-", "--pretty", stdin="a good film\n").stdout
    assert shown.strip() == f"{record['value']:.5g}  a good film"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["a,1", "b,good"], "bad.csv:3: the label must be a finite number"),
        (["a,1", "b,nan"], "bad.csv:3: the label must be a finite number"),
        (["a,-inf", "b,1"], "bad.csv:2: the label must be a finite number"),
        (["a,1_000", "b,1"], "bad.csv:2: the label must be a finite number"),
        (["a,2", "b,2.0"], "bad.csv: training needs different numbers. Received: 2.0 only"),
    ],
)
def test_bad_numbers(run, tiny, tmp_path, rows, message):
    path = tmp_path / "bad.csv"
    path.write_text("\n".join(["text,label", *rows]) + "\n")
    options = ("--task", "regression", "--preset", tiny, "-o", "model/", *SMALL)
    assert message in " ".join(run("train", path, *options, code=1).stderr.split())
    assert not (tmp_path / "model").exists()


def test_pairs_with_numbers(run, tiny, tmp_path):
    rows = [("a good film", "a film", 4.5), ("a bad film", "no film", 0.5), ("it", "good", 2.0)] * 8
    path = tmp_path / "similar.tsv"
    lines = ["sentence1\tsentence2\tscore", *("\t".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    options = ("--task", "pair-regression", "--label", "score", "--preset", tiny)
    shown = run("train", path, "-o", "model/", *options, "--cross-attention", *SMALL).stderr
    assert "pair-regression: 22 rows to train on" in shown
    model = tmp_path / "model"
    task = json.loads((model / "task.json").read_text())
    assert task["class_name"] == "ElmoPairRegressor"
    assert task["config"]["cross_attention"] is True

    run("evaluate", "model/", path, "--label", "score")
    errors = [json.loads(line) for line in (model / "errors.jsonl").read_text().splitlines()]
    assert len(errors) == 24
    for error in errors:
        assert (error["text_a"], error["text_b"], error["gold"]) == rows[error["line"] - 2]
    stdin = "a good film\tno film\n"
    record = json.loads(run("predict", "model/", "-", stdin=stdin).stdout)
    assert (record["text_a"], record["text_b"]) == ("a good film", "no film")
    shown = run("predict", "model/", "-", "--pretty", stdin=stdin).stdout
    number, *texts = shown.rstrip().split(maxsplit=1)
    assert (number, *texts[0].splitlines()) == (
        f"{record['value']:.5g}",
        "a good film",
        " " * 14 + "no film",
    )

    path.write_text('{"text_a": "a", "text_b": "b", "label": ["1", "2"]}\n')
    options = ("--task", "pair-regression", "--format", "jsonl", "--preset", tiny, "-o", "other/")
    shown = run("train", path, *options, code=1).stderr
    assert "similar.tsv:1: the label must be a finite number" in " ".join(shown.split())


def test_what_is_for_classes_only(run, tiny, prices):
    options = ("--task", "regression", "--label", "price", "--preset", tiny, "-o", "model/")
    for more, message in (
        (("--class-weight", "balanced"), "class weights are for labels and tags"),
        (("--calibrate",), "--calibrate is for a classifier"),
        (("--ordinal",), "numbers are no classes"),
    ):
        assert message in run("train", prices, *options, *more, *SMALL, code=1).stderr
