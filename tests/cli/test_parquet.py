"""Parquet on the command line, from training to predictions and features."""

import json

import pytest

pa = pytest.importorskip("pyarrow", reason="needs pyarrow")
pq = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")
SMALL = ("--epochs", "1", "--lstm-units", "4", "--batch-size", "8")


def test_texts_and_their_labels(run, tiny, tmp_path):
    reviews = [(f"a {word} film", word) for word in ("good", "bad")] * 8
    columns = dict(zip(("review", "stars"), map(list, zip(*reviews, strict=True)), strict=True))
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    names = ("--text", "review", "--label", "stars")
    run("train", "a.parquet", *names, "--preset", tiny, "-o", "model", *SMALL, "--quiet")
    run("evaluate", "model", "a.parquet", *names)
    assert json.loads((tmp_path / "model" / "evaluation.json").read_text())["examples"] == 16
    lines = (tmp_path / "model" / "errors.jsonl").read_text().splitlines()
    for error in map(json.loads, lines):
        assert reviews[error["line"] - 1] == (error["input"], error["gold"])
    found = run("predict", "model", "a.parquet", *names[:2]).stdout.splitlines()
    assert [json.loads(line)["text"] for line in found] == columns["review"]
    run("embed", "a.parquet", *names[:2], "--preset", tiny, "-o", "features.parquet")
    assert pq.read_table(tmp_path / "features.parquet")["tokens"].to_pylist() == [
        text.split() for text in columns["review"]
    ]


def test_tokens_and_their_tags(run, tiny, tmp_path):
    columns = {"tokens": [["Ada", "left"], ["no"]] * 8, "tags": [["B-PER", "O"], ["O"]] * 8}
    pq.write_table(pa.table(columns), tmp_path / "data")
    arguments = ("data", "--format", "parquet")
    shown = run("train", *arguments, "--preset", tiny, "-o", "model", *SMALL).stderr
    assert "tagging, 5 labels" in shown
    assert "f1" in run("evaluate", "model", *arguments).stdout
    found = run("predict", "model", *arguments, "--text", "tokens").stdout.splitlines()
    assert [json.loads(line)["tokens"] for line in found] == columns["tokens"]
