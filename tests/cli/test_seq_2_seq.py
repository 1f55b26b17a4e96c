"""`--task seq2seq`: from two columns to a model folder and back."""

import json

import pytest

SMALL = ("--epochs", "2", "--lstm-units", "4", "--decoder-units", "6", "--batch-size", "8")
PAIRS = [("cat", "K AE T"), ("tack", "T AE K"), ("cat tack", "K AE T T AE K"), ("at", "AE T")] * 4


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "words.tsv"
    path.write_text("".join(f"{a}\t{b}\n" for a, b in PAIRS), encoding="utf-8")
    return path


def test_train_evaluate_predict(run, tiny, pairs, tmp_path):
    options = ("--task", "seq2seq", "--source", "characters", "--copy", "--preset", tiny)
    shown = run("train", pairs, "-o", "model/", *options, *SMALL).stderr
    assert "seq2seq, 3 symbols" in shown
    model = tmp_path / "model"
    metrics = json.loads((model / "metrics.json").read_text())
    assert metrics["token_error_rate"] >= 0
    command = json.loads((model / "command.json").read_text())["command"]
    assert "--copy" in command

    shown = run("evaluate", "model/", pairs, "--beam", "2").stdout
    report = json.loads((model / "evaluation.json").read_text())
    assert report["examples"] == 16
    for name in ("exact match", "token error rate"):
        assert name in shown
    assert f"{report['token_error_rate']:.4f}" in shown
    errors = [json.loads(line) for line in (model / "errors.jsonl").read_text().splitlines()]
    assert len(errors) == round(16 * report["sequence_error_rate"])
    for error in errors:
        assert error["gold"] == dict(PAIRS)[error["input"]] != error["predicted"]

    options = ("--beam", "3", "--n-best", "2", "-o", "found.jsonl")
    run("predict", "model/", "-", *options, stdin="cat\na tack\n")
    lines = (tmp_path / "found.jsonl").read_text().splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["cat", "a tack"]
    for line in lines:
        record = json.loads(line)
        assert len(record["candidates"]) == 2
        assert record["prediction"] == record["candidates"][0]["text"]

    shown = run("predict", "model/", "-", "--pretty", *options[:4], stdin="cat\n").stdout
    assert shown.startswith("cat\n")
    assert json.loads(lines[0])["prediction"] in shown

    # What the model cannot write is counted before a training that goes on with it, too.
    (tmp_path / "more.tsv").write_text("cat\tK AE T\ndog\tD AO G\ngod\tG o D\n" * 3)
    more = ("more.tsv", "--dev", "more.tsv", "--start-from", "model/", "--epochs", "1")
    assert "unknown tokens: 15\n" in run("train", *more, "-o", "further/").stderr
    metrics = json.loads((tmp_path / "further" / "metrics.json").read_text())
    assert metrics["data"]["unknown_tokens"] == metrics["unknown_tokens"] == 15


def test_bad_input(run, tiny, pairs, tmp_path):
    options = ("--task", "seq2seq", "--preset", tiny, "-o", "model/", *SMALL)
    one = tmp_path / "one.tsv"
    one.write_text("a\tx\nb\tx x\n" * 8)
    shown = " ".join(run("train", one, *options, code=1).stderr.split())
    assert "one.tsv: training needs at least two different symbols on the target side" in shown
    one.write_text("a\tx\nb\t\n")
    assert "one.tsv:2: the target is empty" in run("train", one, *options, code=1).stderr
    shown = run("train", one, *options, "--target", "letters", code=2).stderr
    assert "--target" in shown
