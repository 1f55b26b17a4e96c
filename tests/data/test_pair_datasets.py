"""Pairs of texts from files: columns by name and number, labels, what bad rows say."""

import gzip
import json

import pytest

from keras_elmo.data import DataError
from keras_elmo.data.roles import PAIR_COLUMNS
from tests.data.reading_support import read, rows, texts
from tests.data.reading_support import write as write_text

ROWS = [("a man sleeps", "he is awake", "no"), ("a dog runs", 'it "moves", fast', "yes")]


def write(path, *lines):
    return write_text(path, "\n".join(lines) + "\n")


def tsv(path, header, order=(0, 1, 2)):
    rows = ["\t".join(row[i] for i in order) for row in ROWS]
    return write(path, *(["\t".join(header)] if header else []), *rows)


def found(path, **how):
    return [(*pair, label) for pair, label in rows(path, task="pair", **how)]


@pytest.mark.parametrize("names", PAIR_COLUMNS, ids="-".join)
def test_columns_are_found_by_their_names(tmp_path, names):
    path = tsv(tmp_path / "pairs.tsv", ("label", *names[::-1]), order=(2, 1, 0))
    assert found(path) == ROWS
    assert read(path).lines == [2, 3]
    assert read(path).sentences() == [text for row in ROWS for text in row[:2]]


def test_columns_by_name_and_by_number(tmp_path):
    path = tsv(tmp_path / "pairs.tsv", ("id", "left", "right"), order=(2, 0, 1))
    assert found(path, text="left, right", label="id") == ROWS
    assert found(path, text="1,2", label="0", header=True) == ROWS
    path = tsv(tmp_path / "bare.tsv", None)
    assert found(path, text="0,1", label="2") == ROWS
    assert read(path, task="pair", text="0,1", label="2").lines == [1, 2]
    swapped = [(b, a, label) for a, b, label in ROWS]
    assert found(path, text="1,0", label="2") == swapped


def test_csv_with_quotes_json_lines_and_gzip(tmp_path):
    quoted = [",".join('"' + x.replace('"', '""') + '"' for x in row) for row in ROWS]
    assert found(write(tmp_path / "pairs.csv", "premise,hypothesis,label", *quoted)) == ROWS
    records = [dict(zip(("text_a", "text_b", "label"), row, strict=True)) for row in ROWS]
    lines = [json.dumps(record) for record in records]
    assert found(write(tmp_path / "pairs.jsonl", *lines)) == ROWS
    with gzip.open(tmp_path / "pairs.jsonl.gz", "wt") as file:
        file.write("\n".join(lines))
    assert found(tmp_path / "pairs.jsonl.gz") == ROWS


def test_labels_of_json_and_token_lists(tmp_path):
    path = write(
        tmp_path / "pairs.jsonl",
        json.dumps({"text_a": ["a", "b"], "text_b": "c", "label": True}),
        "",
        json.dumps({"text_a": "a", "text_b": ["c"], "label": 3}),
    )
    assert found(path) == [(["a", "b"], "c", "true"), ("a", ["c"], "3")]
    assert read(path).lines == [1, 3]
    several = write(
        tmp_path / "several.jsonl",
        json.dumps({"text_a": "a", "text_b": "c", "label": ["x", "y"]}),
        json.dumps({"text_a": "a", "text_b": "c", "label": "x"}),
    )
    assert read(several, task="pair").labels == [["x", "y"], ["x"]]


def test_texts_without_labels(tmp_path):
    plain = write(tmp_path / "pairs.txt", "a man\ta woman", "", "a dog\ta cat")
    expected = [("a man", "a woman"), ("a dog", "a cat")]
    assert texts(plain, task="pair") == expected
    named = write(tmp_path / "pairs.tsv", "premise\thypothesis", "a man\ta woman", "a dog\ta cat")
    assert texts(named, task="pair", text="premise,hypothesis") == expected


@pytest.mark.parametrize(
    ("name", "lines", "options", "message"),
    [
        ("a.tsv", ["text_a\ttext_b\tlabel", "x\ty\tz", " \ty\tz"], {}, "a.tsv:3: .*'text_a'"),
        ("a.csv", ["text_a,text_b,label", "x,,z"], {}, "a.csv:2: the text is empty.*'text_b'"),
        ("a.csv", ["text_a,text_b,label", "x,y,"], {}, "a.csv:2: the label is empty"),
        ("a.csv", ["text_a,text_b,label", "x,y"], {}, "a.csv:2: expected 3 fields"),
        ("a.csv", ["text_a,text_b,label"], {}, "no rows below its header"),
        ("a.csv", ["one,two,label", "x,y,z"], {}, "a.csv: .*premise and hypothesis.* one, two"),
        ("a.csv", ["text_a,text_b", "x,y"], {}, "a.csv: the column must be one of.*'label'"),
        ("a.csv", ["x,y,z"], {"text": "0,7", "label": "2"}, "one of 0, 1, 2. Received: '7'"),
        ("a.csv", ["x,y,z"], {"text": "0"}, "two columns.*Received: '0'"),
        ("a.csv", ["x,y,z"], {"text": "0,0"}, "two columns.*Received: '0,0'"),
        ("a.jsonl", ['{"text_a": "x", "label": 1}'], {}, "a.jsonl: the two texts"),
        ("a.jsonl", ['{"text_a": "x", "text_b": "y"}'], {}, "a.jsonl: .*Received: 'label'"),
        ("a.jsonl", ['{"text_a": "x", "text_b": 7, "label": 1}'], {}, "jsonl:1: 'text_b' must be"),
        ("a.jsonl", ['{"text_a": [], "text_b": "y", "label": 1}'], {}, "'text_a' must be a text"),
        ("a.jsonl", ['{"text_a": "x", "text_b": "y", "label": {}}'], {}, "jsonl:1: a label must"),
        ("a.txt", ["xy", "z"], {}, "csv, tsv, jsonl, conll or parquet. Received: plain text"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, name, lines, options, message):
    path = write(tmp_path / name, *lines)
    with pytest.raises((DataError, ValueError), match=message):
        read(path, task="pair", **options)


# === Sequence to sequence ===


@pytest.mark.parametrize("name", ["words.tsv", "words.txt", "words.dict"])
def test_two_columns_are_sequences(tmp_path, name):
    path = write_text(tmp_path / name, "cat\tK AE T\n\n\"it's \t IH T S\r\n")
    data = read(path, task="seq2seq")
    assert (data.texts, data.labels) == (["cat", "\"it's "], ["K AE T", "IH T S"])
    assert (data.lines, data.skipped) == ([1, 3], {"blank lines": 1})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\nno tab\n", r"words.tsv:2: expected 2 fields.* Received: 1"),
        ("a\tb\tc\n", r"words.tsv:1: expected two columns .* Received: 3. Choose .* --text"),
        ("a\tb\n\n\tb\n", r"words.tsv:3: the text is empty"),
        ("a\tb\na\t \n", r"words.tsv:2: the target is empty"),
        ("\n\n", r"words.tsv: the file holds no rows"),
    ],
)
def test_what_is_no_pair_is_named(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read(write_text(tmp_path / "words.tsv", text), task="seq2seq")


def test_sequences_by_name(tmp_path):
    path = write(tmp_path / "words.csv", "word,sounds,note", "cat,K AE T,x")
    assert rows(path, task="seq2seq", text="word", label="sounds") == [("cat", "K AE T")]
    path = write(tmp_path / "words.jsonl", '{"text": "cat", "label": ["K", "AE"]}')
    with pytest.raises(DataError, match="the target is empty or no text"):
        read(path, task="seq2seq")
    path = write(tmp_path / "three.tsv", "x\tcat\tK")
    assert read(path, task="seq2seq", text="1", label="2").texts == ["cat"]
