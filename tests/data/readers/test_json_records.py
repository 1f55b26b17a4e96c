"""JSON: lines, arrays, objects that hold records, and what cannot be read."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.data import DataError
from tests.data.reading_support import read, texts, write

strings = st.text(min_size=1, max_size=6).filter(str.strip)
records = st.lists(
    st.builds(lambda text, label: {"id": 3, "text": text, "label": label}, strings, strings),
    min_size=2,
    max_size=5,
)
FORMS = {
    "lines": lambda rows: "\n\n".join(map(json.dumps, rows)),
    "an array": json.dumps,
    "an array on many lines": lambda rows: json.dumps(rows, indent=2),
    "an object": lambda rows: json.dumps({"version": 1, "data": rows}),
    "an object on many lines": lambda rows: json.dumps({"examples": rows}, indent=1),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.txt", "a"])
@given(rows=records)
@settings(max_examples=10, deadline=None)
def test_records_are_found_wherever_they_stand(tmp_path_factory, form, name, rows):
    path = write(tmp_path_factory.mktemp("json") / name, FORMS[form](rows))
    data = read(path)
    assert data.kind == "classification"
    assert data.texts == [row["text"] for row in rows]
    assert data.labels == [row["label"].strip() for row in rows]
    assert texts(path) == data.texts


def test_lines_of_records(tmp_path):
    rows = [{"text": str(i), "label": "x"} for i in range(3)]
    assert read(write(tmp_path / "a.jsonl", "\n\n".join(map(json.dumps, rows)))).lines == [1, 3, 5]
    assert read(write(tmp_path / "b.json", json.dumps(rows, indent=1))).lines == [2, 6, 10]


def test_texts_or_tokens_and_labels_of_many_kinds(tmp_path):
    several = [("a b", "x"), (["a", "b"], 3), ("a", True), ("a", ["x", 1, False]), ("a", [])]
    lines = [json.dumps({"text": text, "label": label}) for text, label in several]
    data = read(write(tmp_path / "rows.jsonl", "\n".join(lines)))
    assert data.kind == "multi-label"
    assert data.labels == [["x"], ["3"], ["true"], ["x", "1", "false"], []]
    assert data.texts == [text for text, _ in several]


def test_lists_of_one_label_are_one_label(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"text": "a", "label": ["x"]}\n{"text": "b", "label": "y"}')
    assert (read(path).kind, read(path).labels) == ("classification", ["x", "y"])
    assert read(path, task="multi-label").labels == [["x"], ["y"]]


def test_tags(tmp_path):
    path = write(
        tmp_path / "rows.jsonl",
        '{"tokens": ["a", "b"], "tags": ["I-X", "O"]}\n{"tokens": ["c"], "tags": ["I-X"]}',
    )
    assert read(path).labels == [["B-X", "O"], ["B-X"]]
    numbers = write(tmp_path / "a.jsonl", '{"tokens": ["a", "b"], "ner_tags": [1, 0]}')
    data = read(numbers)
    assert (data.kind, data.labels) == ("tagging", [["1", "0"]])
    assert any("numbers" in note for note in data.notes)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"text": "a"', "rows.jsonl:1: not JSON"),
        ("[1]", "rows.jsonl:1: expected a JSON object"),
        ('{"review": "a"}', "rows.jsonl: the column must be one of review. Received: 'text'"),
        ('{"text": " ", "label": 1}', "rows.jsonl:1: the text is empty"),
        ('{"text": ["a", 1], "label": 1}', "rows.jsonl:1: 'text' must be a text"),
        ('{"text": "a", "label": null}', "rows.jsonl:1: the label is empty. Received: None"),
        ('{"text": "a", "label": {"x": 1}}', "rows.jsonl:1: a label must be a string"),
        ('{"tokens": ["a"], "tags": []}', "a tag for each token"),
        ('{"tokens": ["a", "b"], "tags": ["O", ""]}', "a tag is empty"),
        ('{"tokens": ["a", ""], "tags": ["O", "O"]}', "none of them empty"),
        ("", "rows.jsonl: the file holds no JSON objects"),
    ],
)
def test_bad_json_names_the_line(tmp_path, row, message):
    with pytest.raises(DataError, match=message):
        read(write(tmp_path / "rows.jsonl", row))


def test_more_of_what_cannot_be_read(tmp_path):
    good = '{"text": "a", "label": "x"}'
    path = write(tmp_path / "a.jsonl", f"{good}\n{{\n[]\n{good}\n" + '{"label": "x"}\n')
    with pytest.raises(DataError, match=r"a.jsonl:2: not JSON .* 2 more rows .*--skip-bad"):
        read(path)
    data = read(path, skip_bad=True)
    assert data.lines == [1, 4]
    assert data.skipped == {"no JSON": 1, "no object": 1, "no text": 1}
    assert [(row.line, row.reason) for row in data.bad_rows] == [
        (2, "no JSON"),
        (3, "no object"),
        (5, "no text"),
    ]
    path = write(tmp_path / "b.json", '[\n{"text": "a"},\n{"text": }\n]')
    with pytest.raises(DataError, match=r"b.json:3: not JSON"):
        read(path)
    path = write(tmp_path / "c.jsonl", '{"tokens": ["a", "b"], "tags": ["O"]}')
    with pytest.raises(DataError, match="Received: 2 tokens, 1 tags"):
        read(path, task="tagging")


def test_fasttext(tmp_path):
    path = write(tmp_path / "a.txt", "__label__x __label__y a good film\n__label__x so so\n")
    data = read(path)
    assert (data.kind, data.labels) == ("multi-label", [["x", "y"], ["x"]])
    assert data.texts == ["a good film", "so so"]
    one = write(tmp_path / "b.txt", "__label__x a\n__label__y b\n")
    assert (read(one).kind, read(one).labels) == ("classification", ["x", "y"])
