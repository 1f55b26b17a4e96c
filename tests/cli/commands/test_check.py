"""`check`: what files hold as tables or as JSON, its exit status, and that nothing is written."""

import json

KEYS = {"format", "encoding", "delimiter", "task", "rows", "tokens", "labels", "spans"}
KEYS |= {"scheme", "skipped", "warnings"}


def test_tables(run, conll, tmp_path):
    shown = run("check", conll)
    for name in ("conll", "UTF-8", "tagging", "BIO", "B-PER", "shortest 2"):
        assert name in shown.stdout
    assert "warning: duplicates: rows that repeat" in shown.stderr
    assert "train.conll:" in shown.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["train.conll"]


def test_json(run, reviews):
    shown = run("check", reviews, "--json")
    report = json.loads(shown.stdout)
    assert report.keys() == KEYS
    assert (report["rows"], report["tokens"]) == (24, 72)
    assert report["labels"] == {"pos": 12, "neg": 12}
    assert {warning["code"] for warning in report["warnings"]} == {"duplicates"}


def test_other_files(run, reviews, tmp_path):
    (tmp_path / "dev.csv").write_text("text,label\na good film,pos\na new film,neg\n")
    (tmp_path / "test.csv").write_text("text,label\na new film,neg\nmore,mixed\n")
    files = (reviews, "--dev", "dev.csv", "--test", "test.csv")
    report = json.loads(run("check", *files, "--json", code=1).stdout)
    assert report.keys() == KEYS | {"dev", "test"}
    assert report["dev"].keys() == report["test"].keys() == KEYS
    warnings = {
        name: {warning["code"]: warning["where"] for warning in report[name]["warnings"]}
        for name in ("dev", "test")
    }
    assert warnings["dev"]["shared_texts"] == ["dev.csv:2", f"{reviews}:2"]
    assert warnings["test"] == {
        "shared_texts": ["test.csv:2", "dev.csv:3"],
        "unknown_labels": ["test.csv:3"],
    }
    assert run("train", *files[:2], "test.csv", "-o", "model", code=1).stderr.count("mixed")


def test_columns_and_delimiter_go_for_all_files(run, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"stars@review\n1@good {name}\n2@bad {name}\n")
    said = ("--delimiter", "@", "--text", "review", "--label", "stars")
    report = json.loads(run("check", "a.txt", "--dev", "b.txt", *said, "--json").stdout)
    assert report["delimiter"] == report["dev"]["delimiter"] == "@"
    assert report["labels"] == report["dev"]["labels"] == {"1": 1, "2": 1}


def test_exit_status_is_that_of_train(run, reviews):
    reviews.write_text(reviews.read_text() + ",pos\n")
    assert "`train` refuses the file" in run("check", reviews, code=1).stderr
    assert "Left out." in run("check", reviews, "--skip-bad").stderr
    run("train", reviews, "-o", "model", code=1)
    assert json.loads(run("check", "--json", reviews, code=1).stdout)["skipped"] == {
        "empty text": 1
    }


def test_texts_from_standard_input(run, reviews):
    shown = run("check", "-", "--format", "csv", "--json", stdin=reviews.read_text())
    assert json.loads(shown.stdout)["rows"] == 24


def test_words_of_the_preset(run, tmp_path):
    rows = [
        f"{word} {word}s {word}lich,{label}" for word in ["qxa", "qxb", "qxc"] for label in "xy"
    ]
    (tmp_path / "a.csv").write_text("text,label\n" + "\n".join(rows * 7) + "\n")
    assert "unknown_words: 100% of the tokens" in run("check", "a.csv").stderr
    assert "unknown_words" not in run("check", "a.csv", "--preset", tmp_path).stderr
