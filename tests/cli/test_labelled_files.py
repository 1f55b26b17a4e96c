"""Files as people have them, from training to predictions: read the same way at every step."""

import json

import pytest

SMALL = ("--epochs", 1, "--lstm-units", 2)
ROWS = [("a good film", "5"), ("dull; long", "1"), ("fine, truly", "5"), ("no", "1")] * 4


def semicolons(path, header="id;review;stars", rows=ROWS):
    lines = [f'{i};"{text}";{stars}' for i, (text, stars) in enumerate(rows)]
    path.write_text("\n".join([header, *lines]) + "\n", encoding="cp1252")
    return path


@pytest.fixture
def trained(run, tiny, tmp_path):
    """A model of reviews with columns of their own names."""
    data = semicolons(tmp_path / "reviews.csv")
    columns = ("--text", "review", "--label", "stars")
    shown = run("train", data, *columns, "--preset", tiny, *SMALL, "-o", "model").stderr
    assert "delimiter ';'" in shown
    return tmp_path / "model"


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def test_columns_are_remembered(run, trained, tmp_path):
    told = json.loads((trained / "data.json").read_text())
    assert (told["text"], told["label"], told["delimiter"]) == ("review", "stars", ";")
    run("evaluate", "model", tmp_path / "reviews.csv")
    assert json.loads((trained / "evaluation.json").read_text())["examples"] == 16
    found = records(run("predict", "model", tmp_path / "reviews.csv").stdout)
    assert [record["text"] for record in found] == [text for text, _ in ROWS]
    assert [(record["line"], record["id"]) for record in found[:2]] == [(2, "0"), (3, "1")]
    other = tmp_path / "other.jsonl"
    rows = [{"review": text, "stars": int(stars)} for text, stars in ROWS]
    other.write_text("\n".join(map(json.dumps, rows)))
    run("evaluate", "model", other)
    renamed = semicolons(tmp_path / "renamed.csv", "id;text;label")
    run("evaluate", "model", renamed)
    run("train", renamed, "--start-from", "model", "--epochs", 1, "-o", "further")
    told = json.loads((tmp_path / "further" / "data.json").read_text())
    assert (told["text"], told["label"]) == ("text", "label")
    wrong = semicolons(tmp_path / "wrong.csv", "id;one;two")
    message = run("evaluate", "model", wrong, code=1).stderr
    assert "must be one of id, one, two" in message


@pytest.mark.parametrize("name", ["new.json", "new.jsonl", "new.txt"])
def test_markup_is_never_a_text(run, trained, tmp_path, name):
    rows = [{"id": 7, "text": "a good film"}, {"id": 8, "text": "dull"}]
    form = json.dumps(rows, indent=1) if name == "new.json" else "\n".join(map(json.dumps, rows))
    (tmp_path / name).write_text(form)
    found = records(run("predict", "model", name).stdout)
    assert [(record["id"], record["text"]) for record in found] == [
        ("7", "a good film"),
        ("8", "dull"),
    ]


def test_bad_rows_are_written_beside_the_result(run, trained, tiny, tmp_path):
    bad = semicolons(tmp_path / "bad.csv", rows=[*ROWS, ("", "5"), ("good", "")])
    message = run("train", bad, "--text", "review", "--label", "stars", "-o", "x", code=1).stderr
    assert "bad.csv:18: the text is empty" in message
    assert "1 more row cannot be used" in message
    assert "--skip-bad" in message
    how = ("--text", "review", "--label", "stars", "--preset", tiny, "--skip-bad", *SMALL)
    shown = run("train", bad, *how, "-o", "clean").stderr
    assert "skipped, empty text: 1" in shown
    assert "skipped, empty label: 1" in shown
    expected = [(18, "empty text"), (19, "empty label")]
    for command, folder in (
        ((), "clean"),
        (("evaluate", "model", bad, "--skip-bad", "-o", "scores/e.json"), "scores"),
    ):
        (tmp_path / "scores").mkdir(exist_ok=True)
        if command:
            run(*command)
        left_out = records((tmp_path / folder / "skipped.jsonl").read_text())
        assert [(row["line"], row["reason"]) for row in left_out] == expected
        assert set(left_out[0]) == {"file", "line", "reason", "message", "content"}
    (tmp_path / "out").mkdir()
    run("predict", "model", bad, "--skip-bad", "-o", "out/p.jsonl")
    assert len((tmp_path / "out" / "p.jsonl").read_text().splitlines()) == 17
    [row] = records((tmp_path / "out" / "skipped.jsonl").read_text())
    assert (row["line"], row["reason"]) == (18, "empty text")


def test_what_does_not_fit_a_format_is_refused(run, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "a", "label": "x"}\n')
    (tmp_path / "a.conllu").write_text("")
    for name, option, said in (
        ("a.jsonl", ("--header",), "--header is for files in csv, tsv, conll"),
        ("a.jsonl", ("--delimiter", ";"), "--delimiter is for files in csv, tsv"),
        ("a.jsonl", ("--comment", "#"), "--comment is for files in conll"),
        ("a.conllu", ("--no-header",), "--no-header is for files in csv, tsv, conll"),
        ("a.conllu", ("--align", "expand"), "--align is for files in jsonl"),
    ):
        message = run("train", name, *option, "-o", "x", code=1).stderr
        assert said in " ".join(message.split()), message


def test_hints_fit_the_task(run, tiny, tmp_path):
    pairs = "premise\thypothesis\tlabel\n" + "a man\ta woman\tx\nit rains\tso\ty\n" * 6
    (tmp_path / "pairs.tsv").write_text(pairs)
    shown = run("train", "pairs.tsv", "--preset", tiny, *SMALL, "-o", "pairs").stderr
    assert "two texts in each row: --task pair" in shown
    assert "keras-elmo predict pairs pairs.tsv" in " ".join(shown.split())


def commas(path, rows):
    path.write_text("".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows))
    return path


def test_a_table_without_a_header_is_remembered(run, tiny, tmp_path):
    """Its first row is an example at every step, even one that looks like names."""
    rows = [*[(stars, text) for text, stars in ROWS], ("5", "label"), ("1", "text")]
    data = commas(tmp_path / "rows.csv", rows)
    columns = ("--text", 1, "--label", 0)
    run("train", data, *columns, "--preset", tiny, *SMALL, "-o", "model")
    for given in ((), columns, ("--no-header",)):
        run("evaluate", "model", commas(tmp_path / "new.csv", rows[::-1]), *given)
        assert json.loads((tmp_path / "model/evaluation.json").read_text())["examples"] == 18
    found = records(run("predict", "model", "new.csv").stdout)
    assert [record["text"] for record in found] == [text for _, text in rows[::-1]]


def test_a_header_is_not_expected_where_columns_are_numbered(run, trained, tmp_path):
    """What a model was trained on had one."""
    data = tmp_path / "bare.csv"
    data.write_text("".join(f'"{text}";{stars}\n' for text, stars in ROWS))
    run("evaluate", "model", data, "--text", 0, "--label", 1)
    assert json.loads((trained / "evaluation.json").read_text())["examples"] == 16
    found = records(run("predict", "model", data, "--text", 0).stdout)
    assert [record["text"] for record in found] == [text for text, _ in ROWS]
    run("evaluate", "model", "reviews.csv", "--text", 1, "--label", 2)  # which has its header
    assert json.loads((trained / "evaluation.json").read_text())["examples"] == 16
