"""SQuAD's files: what is read, and what is said of bad ones."""

import gzip
import json
from importlib.util import find_spec
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.data import DataError
from keras_elmo.text.alignment import is_exact, token_span
from keras_elmo.text.windows import windows
from tests.data.reading_support import read, texts
from tests.data.reading_support import write as write_text

PASSAGE = "It takes effect on 1 May 2020."
DATE = {"text": "1 May 2020", "answer_start": 19}


def record(name="a", **changes):
    return {"id": name, "question": "When?", "answers": [DATE]} | changes


def write(path, *records, passage=PASSAGE):
    paragraph = {"context": passage, "qas": list(records)}
    articles = {"data": [{"title": "T", "paragraphs": [paragraph]}]}
    return write_text(path, json.dumps(articles, indent=1))


def test_both_versions(tmp_path):
    impossible = record("b", answers=[], is_impossible=True, plausible_answers=[DATE])
    data = read(write(tmp_path / "x.json", record(), impossible))
    assert (data.kind, data.ids, data.texts) == ("qa", ["a", "b"], [("When?", PASSAGE)] * 2)
    assert data.labels == [[(19, 29)], []]
    assert PASSAGE[slice(*data.labels[0][0])] == "1 May 2020"
    assert data.skipped == {}
    packed = write_text(tmp_path / "x.json.gz", gzip.compress((tmp_path / "x.json").read_bytes()))
    assert read(packed).labels == data.labels


@pytest.mark.parametrize(
    ("bad", "reason", "message"),
    [
        ({"question": " "}, "empty question", "the question is empty .* Received: ' '"),
        ({"answers": []}, "no answer", "record 2: id 'b': it has no answer"),
        (
            {"answers": [DATE | {"answer_start": 18}]},
            "answer not at its place",
            "at its place, 18: ' 1 May 202'. Received: '1 May 2020'. It stands at 19",
        ),
        (
            {"answers": [{"text": "June", "answer_start": 3}]},
            "answer not at its place",
            "The passage does not hold it",
        ),
        (
            {"answers": [DATE | {"answer_start": 25}]},
            "answer outside the passage",
            "30 characters. Received: '1 May 2020' from 25 to 35",
        ),
        ({"answers": [DATE | {"answer_start": -1}]}, "answer outside the passage", "from -1"),
        ({"answers": [{"text": "x"}]}, "answer without text or place", "an 'answer_start'"),
        ({"answers": [{"text": "", "answer_start": 0}]}, "empty answer", "an answer is empty"),
        ({"answers": 3}, "no list of answers", "is no list"),
        ({"is_impossible": True}, "impossible, but answered", "has answers"),
        ({"id": "a"}, "id twice", "Make it unique"),
    ],
)
def test_bad_records_are_named_or_counted(tmp_path, bad, reason, message):
    path = write(tmp_path / "x.json", record(), record("b", **bad))
    with pytest.raises(DataError, match=message) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: record 2: ")
    data = read(path, skip_bad=True)
    assert data.ids == ["a"]
    assert data.skipped == {reason: 1}


def test_a_file_of_bad_records_alone_says_what_was_skipped(tmp_path):
    path = write(tmp_path / "x.json", record(question=" "), record("b", is_impossible=True))
    with pytest.raises(DataError, match=r"empty question: 1, impossible, but answered: 1"):
        read(path, skip_bad=True)


def test_questions_without_answers_can_be_asked(tmp_path):
    path = write(tmp_path / "x.json", record(answers=[]), {"id": 1, "question": "Who?"})
    assert texts(path) == [("When?", PASSAGE), ("Who?", PASSAGE)]
    lines = write_text(tmp_path / "a.jsonl", '{"question": "Who?", "passage": "Ada."}')
    assert texts(lines, task="qa") == [("Who?", "Ada.")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"data":\n[}', ":2: not JSON"),
        ('{"data": [{"paragraphs": 3}]}', r" data\[0\] must be an object with a list 'paragraphs'"),
        ('{"data": [{"paragraphs": [[]]}]}', r"data\[0\].paragraphs\[0\] must be"),
        ('{"data": [{"paragraphs": [{"qas": [1]}]}]}', r"qas\[0\] must be an object"),
        ('{"data": [{"paragraphs": []}]}', "holds no JSON objects. Is it the right"),
    ],
)
def test_other_files(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read(write_text(tmp_path / "x.json", text))


def test_an_empty_passage(tmp_path):
    path = write(tmp_path / "x.json", record(answers=[], is_impossible=True), passage="\n")
    with pytest.raises(DataError, match="id 'a': the passage is empty"):
        read(path)


@st.composite
def texts_and_spans(draw):
    words = draw(st.lists(st.sampled_from(["a", "bc", "def"]), min_size=1, max_size=8))
    text, spans = "", []
    for word in words:
        text += " " * draw(st.integers(0, 2))
        spans.append((len(text), len(text) + len(word)))
        text += word
    start = draw(st.integers(0, len(text) - 1))
    return spans, start, draw(st.integers(start + 1, len(text)))


@given(texts_and_spans())
def test_a_span_is_the_tokens_that_it_touches(case):
    spans, start, end = case
    touched = [i for i, (a, b) in enumerate(spans) if a < end and b > start]
    if not touched:
        with pytest.raises(ValueError, match="must touch a token"):
            token_span(spans, start, end)
        return
    first, last = token_span(spans, start, end)
    assert list(range(first, last)) == touched
    assert is_exact(spans, start, end) == (spans[first][0] == start and spans[last - 1][1] == end)


@given(st.integers(0, 60), st.integers(1, 20), st.data())
def test_windows_hold_everything(length, size, data):
    step = data.draw(st.integers(1, size))
    found = windows(length, size, step)
    assert found[0][0] == 0
    assert found[-1][1] == length
    assert all(b - a == min(size, length) for a, b in found)
    assert all(0 < b[0] - a[0] <= step for a, b in pairwise(found))
    for start in range(length):
        end = min(length, start + size - step + 1)
        assert any(a <= start and end <= b for a, b in found)


def test_windows_must_not_leave_gaps():
    with pytest.raises(ValueError, match="step=4, size=3"):
        windows(10, 3, 4)


def test_rows_hold_what_articles_do(tmp_path):
    """The same questions as SQuAD's JSON and as the rows that the hub has of it."""
    passage = "Ada lives in Rome"
    answers = {"Where?": [("Rome", 13)], "Who?": [("Ada", 0), ("Ada lives", 0)], "When?": []}
    records, rows = [], []
    for question, found in answers.items():
        pairs = [{"text": text, "answer_start": start} for text, start in found]
        record = {"id": question, "question": question}
        records.append({**record, "answers": pairs, "is_impossible": not pairs})
        lists = {"text": [text for text, _ in found], "answer_start": [n for _, n in found]}
        rows.append({**record, "context": passage, "answers": lists})
    articles = [{"paragraphs": [{"context": passage, "qas": records}]}]
    nested = read(write_text(tmp_path / "a.json", json.dumps({"data": articles})))
    lines = write_text(tmp_path / "a.jsonl", "\n".join(json.dumps(row) for row in rows))
    flat = [read(lines)]
    if find_spec("pyarrow"):
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
        flat.append(read(tmp_path / "a.parquet"))
    for data in flat:
        for name in ("kind", "texts", "labels", "ids"):
            assert getattr(data, name) == getattr(nested, name)
    bad = rows[0] | {"id": "x", "answers": {"text": ["Rome"], "answer_start": []}}
    write_text(lines, "\n".join(json.dumps(row) for row in [*rows, bad]))
    with pytest.raises(DataError, match=r"a.jsonl:4: an answer needs a 'text' and"):
        read(lines)
    kept = read(lines, skip_bad=True)
    assert (kept.ids, kept.skipped) == (nested.ids, {"answer without text or place": 1})
