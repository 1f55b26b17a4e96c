"""What a file holds and no model sees is told, and stands in the records."""

import json


def test_blank_lines(run, tiny, reviews, tmp_path):
    dev = tmp_path / "dev.csv"
    dev.write_text(reviews.read_text() + "\n")
    reviews.write_text(reviews.read_text().replace("\n", "\n\n"))  # 25 lines, the header's too
    arguments = ("train", reviews, "--preset", tiny, "--epochs", "1", "--lstm-units", "4")
    shown = run(*arguments, "-o", "model", "--dev", dev).stderr
    assert "skipped, blank lines: 25" in shown
    assert "development set: skipped, blank lines: 1" in shown
    data = json.loads((tmp_path / "model" / "metrics.json").read_text())["data"]
    assert data == {
        "skipped": 25,
        "skipped, blank lines": 25,
        "development set: skipped": 1,
        "development set: skipped, blank lines": 1,
    }
    assert "skipped, blank lines: 25" in run("evaluate", "model", reviews).stderr
    report = json.loads((tmp_path / "model" / "evaluation.json").read_text())
    assert (report["examples"], report["skipped"]) == (24, {"blank lines": 25})

    shown = run("predict", "model", "-", stdin="a good film\n\n\na bad film\n")
    assert "skipped, blank lines: 2" in shown.stderr
    assert len(shown.stdout.splitlines()) == 2

    split = run(*arguments, "-o", "split").stderr  # two parts of one file: counted once
    assert split.count("skipped, blank lines: 25") == 1
    assert "development set: skipped" not in split
