import csv
import gzip
import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.data import readers
from keras_elmo.data.readers import DataError, Example

# A carriage return is a line end to the reader, and so cannot come back from inside a field;
# zeros stand in binary files.
fields = st.text().filter(lambda field: field.strip() and not {"\r", "\0"} & set(field))


@given(rows=st.lists(st.tuples(fields, fields), min_size=1), delimiter=st.sampled_from(",;\t|"))
def test_what_the_csv_module_writes_is_read_back(tmp_path_factory, rows, delimiter):
    path = tmp_path_factory.mktemp("table") / "rows.csv.gz"
    tab = delimiter == "\t"
    if tab:  # no quoting there: a field holds neither tabs nor line ends
        rows = [tuple("x" + "".join(f.split()) for f in row) for row in rows]
    with gzip.open(path, "wt", encoding="utf-8-sig", newline="") as stream:
        quoting = csv.QUOTE_NONE if tab else csv.QUOTE_MINIMAL
        quotechar = None if tab else '"'
        csv.writer(stream, delimiter=delimiter, quoting=quoting, quotechar=quotechar).writerows(
            [("stars", "review"), *rows]
        )
    examples = list(readers.read_table(path, "review", "stars", delimiter))
    assert [(e.label, e.text) for e in examples] == [(label.strip(), text) for label, text in rows]


def test_columns_by_number_and_lines_by_number(tmp_path):
    path = tmp_path / "rows.tsv"
    path.write_bytes(b'\r\n1\ta "b c\r\n\r\n0\t"d\r\n')
    examples = list(readers.read_table(path, text=1, label=0))
    assert examples == [Example('a "b c', "1", 2), Example('"d', "0", 4)]
    assert len(list(readers.read_table(path, text=1, header=True))) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "rows.csv: the file holds no rows"),
        (b"text,label\n", "rows.csv: the file holds no rows below its header"),
        (b"text,label\na,1\n\nb,c,2\n", "rows.csv:4: expected 2 fields.* Received: 3"),
        (b"text,stars\na,1\n", "rows.csv:1: the column must be one of text, stars. .*'label'"),
        (b"text;label\na;1\n", "rows.csv:1: .* Is the delimiter right"),
        (b'text,label\n"a\nb",1\n" ",2\n', "rows.csv:4: the text is empty"),
        (b"text,label\na, \n", "rows.csv:2: the label is empty"),
        (b'text,label\na,1\n"b,2\nc,3\n', "rows.csv:3: broken row"),
        (b"text,label\na,1\ncaf\xe9,2\n", "rows.csv:3: not valid UTF-8. Received: 0xe9 at byte 4"),
    ],
)
def test_bad_tables_name_the_line(tmp_path, content, message):
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        list(readers.read_table(path, label="label"))


def test_jsonl_takes_texts_or_tokens_and_labels_of_many_kinds(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [("a b", "x"), (["a", "b"], 3), ("a", True), ("a", ["x", 1, False]), ("a", [])]
    lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
    path.write_text("\n\n".join(lines))
    examples = list(readers.read_jsonl(path, label="label"))
    assert [e.label for e in examples] == ["x", "3", "true", ["x", "1", "false"], []]
    assert [e.text for e in examples] == [text for text, _ in rows]
    assert [e.line for e in examples] == [1, 3, 5, 7, 9]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"text": "a"', "rows.jsonl:1: not JSON"),
        ("[1]", "rows.jsonl:1: expected a JSON object"),
        ('{"review": "a"}', "rows.jsonl:1: the key must be one of review. Received: 'text'"),
        ('{"text": " ", "label": 1}', "rows.jsonl:1: 'text' must be a text"),
        ('{"text": ["a", 1], "label": 1}', "rows.jsonl:1: 'text' must be a text"),
        ('{"text": "a", "label": null}', "rows.jsonl:1: 'label' must be .* Received: None"),
    ],
)
def test_bad_json_lines_name_the_line(tmp_path, row, message):
    path = tmp_path / "rows.jsonl"
    path.write_text(row)
    with pytest.raises(DataError, match=message):
        list(readers.read_jsonl(path, label="label"))


def test_tagged_jsonl(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"tokens": ["a", "b"], "tags": ["I-X", "O"]}\n{"tokens": ["a"], "tags": []}')
    rows = readers.read_tagged_jsonl(path)
    assert next(rows) == (["a", "b"], ["B-X", "O"], 1)
    with pytest.raises(DataError, match=r"rows.jsonl:2: 'tags' must be a list"):
        next(rows)
    path.write_text('{"tokens": ["a", "b"], "tags": ["O"]}')
    with pytest.raises(DataError, match="Received: 2 tokens, 1 tags"):
        next(readers.read_tagged_jsonl(path))


def test_lines_from_standard_input(monkeypatch):
    content = "\ufeffa b\r\n\r\n c\u2028d\n".encode() + b"\xff\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    lines = readers.read_lines("-")
    assert next(lines) == Example("a b", "", 1)
    assert next(lines) == Example(" c\u2028d", "", 3)  # only \n ends a line
    with pytest.raises(DataError, match=r"<stdin>:4: not valid UTF-8"):
        next(lines)


def test_what_is_no_readable_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such file. Received: .*none.txt"):
        list(readers.read_lines(tmp_path / "none.txt"))
    with pytest.raises(IsADirectoryError, match="a directory"):
        list(readers.read_lines(tmp_path))
    damaged = tmp_path / "lines.txt.gz"
    damaged.write_bytes(gzip.compress(b"line\n" * 9)[:-9])
    with pytest.raises(DataError, match="the gzip data is damaged"):
        list(readers.read_lines(damaged))
