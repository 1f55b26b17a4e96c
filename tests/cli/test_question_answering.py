"""SQuAD's files on the command line: from training to the marked passage."""

import json

import pytest

from keras_elmo.data import DataError, Reading, open_examples, read_dataset

PASSAGE = "Ada lives in Rome since May"
SMALL = ("--epochs", "2", "--lstm-units", "4", "--batch-size", "4")


def squad(path, *extra, count=8):
    """Passages of a question with an answer and one without; `extra` records of the last one."""
    paragraphs = []
    for i in range(count):
        passage = f"{PASSAGE} {i}"
        answers = [{"text": "Rome", "answer_start": 13}]
        records = [
            {"id": f"{i}a", "question": "Where does Ada live?", "answers": answers},
            {"id": f"{i}b", "question": "Who is rich?", "answers": [], "is_impossible": True},
        ]
        paragraphs.append({"context": passage, "qas": records})
    paragraphs[-1]["qas"] += extra
    path.write_text(json.dumps({"data": [{"title": "Ada", "paragraphs": paragraphs}]}))
    return path


def test_from_questions_to_answers(run, tiny, tmp_path):
    wrong = {"id": "x", "question": "Who?", "answers": [{"text": "Ada", "answer_start": 5}]}
    train, dev = squad(tmp_path / "train.json", wrong), squad(tmp_path / "dev.json", count=2)
    arguments = ("train", train, "--dev", dev, "--preset", tiny, *SMALL, "-o", "model/")
    message = run(*arguments, code=1).stderr
    assert (
        f"{train}: record 17: id 'x': an answer must be what the passage has at its place"
        in message
    )

    shown = run(*arguments, "--skip-bad").stderr
    assert "skipped: 1" in shown
    assert "skipped, answer not at its place: 1" in shown
    assert "no answer where its probability is above" in shown
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert metrics["data"]["questions"] == 16
    assert metrics["data"]["skipped"] == 1
    assert metrics["has_answer"]["support"] == metrics["no_answer"]["support"] == 2

    shown = run("evaluate", "model/", dev).stdout
    for name in ("exact match", "f1", "has answer: f1", "no answer: exact match"):
        assert name in shown
    report = json.loads((tmp_path / "model" / "evaluation.json").read_text())
    assert {name: report[name] for name in ("exact_match", "f1")} == {
        name: metrics[name] for name in ("exact_match", "f1")
    }
    errors = (tmp_path / "model" / "errors.jsonl").read_text().splitlines()
    assert len(errors) == round((1 - report["exact_match"]) * report["examples"])

    records = [json.loads(line) for line in run("predict", "model/", dev).stdout.splitlines()]
    assert [record["id"] for record in records] == ["0a", "0b", "1a", "1b"]
    for record in records:
        assert len(record["spans"]) == 5
        for span in record["spans"]:
            assert record["passage"][span["start"] : span["end"]] == span["text"]

    line = json.dumps({"question": "Where does Ada live?", "context": PASSAGE})
    (tmp_path / "new.jsonl").write_text(line + "\n")
    [record] = map(json.loads, run("predict", "model/", "new.jsonl").stdout.splitlines())
    assert (record["line"], record["passage"]) == (1, PASSAGE)
    shown = run("predict", "model/", "new.jsonl", "--pretty").stdout
    assert PASSAGE in shown.replace("[", "").replace("]", "")
    assert "answer" in shown
    assert "are written as jsonl" in run("predict", "model/", dev, "--to", "conll", code=1).stderr


def test_an_answer_is_marked():
    from keras_elmo.cli.pretty import Pretty

    span = {"text": "Rome", "start": 13, "end": 17, "score": 1.0, "probability": 0.7}
    record = {"question": "Where?", "passage": PASSAGE, "answer": "Rome", "spans": [span]}
    record["no_answer_probability"] = 0.1
    text = Pretty("answer").render(record)
    assert text.plain == f"Where?\n{PASSAGE}\nthis answer 70%, any answer 90%\n\n"
    marked = [text.plain[s.start : s.end] for s in text.spans if "reverse" in str(s.style)]
    assert marked == ["Rome"]
    plain = Pretty("answer", styled=False).render(record).plain  # as `| less` shows it
    assert plain.splitlines()[1] == f"{PASSAGE[:13]}[Rome]{PASSAGE[17:]}"
    silent = Pretty("answer").render(record | {"answer": "", "no_answer_probability": 0.8})
    assert silent.plain.endswith("no answer 80%\n\n")
    assert not [s for s in silent.spans if "reverse" in str(s.style)]


def test_bad_questions_to_answer(tmp_path):
    for text, message in (
        ('{"question": "", "passage": "a"}', ":1: the question is empty"),
        ('{"question": "a"}', "stand in columns named question and context. Received: question"),
        ("[1]", ": expected a JSON object"),
        ("{", ":1: not JSON"),
        ("", "the file holds no JSON objects"),
    ):
        path = tmp_path / "x.jsonl"
        path.write_text(text)
        with pytest.raises(DataError, match=message):
            list(open_examples(path, Reading(task="qa"), labelled=False))


def test_passages_stay_together(tmp_path):
    rows = read_dataset(squad(tmp_path / "x.json", count=10))
    kept, held_out = rows.split(0.2, 0)
    assert (len(kept), len(held_out)) == (16, 4)
    assert not {passage for _, passage in kept.texts} & {p for _, p in held_out.texts}
    assert sorted([*kept.ids, *held_out.ids]) == sorted(rows.ids)
    assert rows.sentences()[:2] == ["Where does Ada live?", f"{PASSAGE} 0"]
    with pytest.raises(ValueError, match="on both sides"):
        rows.split(0.01, 0)
    with pytest.raises(ValueError, match=r"labels \(qa\) are no tags of spans"):
        rows.in_scheme("BIO")
