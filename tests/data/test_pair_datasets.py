"""Pairs of texts from files: columns by name and number, labels, what bad rows say."""

import gzip
import json

import pytest

from keras_elmo.data.pair_datasets import PAIR_COLUMNS, read_pair_dataset, read_text_pairs
from keras_elmo.files.lines import DataError

ROWS = [("a man sleeps", "he is awake", "no"), ("a dog runs", 'it "moves", fast', "yes")]


def write(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def tsv(path, header, order=(0, 1, 2)):
    rows = ["\t".join(row[i] for i in order) for row in ROWS]
    return write(path, *(["\t".join(header)] if header else []), *rows)


def found(path, *arguments, **options):
    data = read_pair_dataset(path, *arguments, **options)
    return [(*texts, label) for texts, label in zip(data.texts, data.labels, strict=True)]


@pytest.mark.parametrize("names", PAIR_COLUMNS, ids="-".join)
def test_columns_are_found_by_their_names(tmp_path, names):
    path = tsv(tmp_path / "pairs.tsv", ("label", *names[::-1]), order=(2, 1, 0))
    assert found(path) == ROWS
    assert read_pair_dataset(path).lines == [2, 3]
    assert read_pair_dataset(path).sentences() == [text for row in ROWS for text in row[:2]]


def test_columns_by_name_and_by_number(tmp_path):
    path = tsv(tmp_path / "pairs.tsv", ("id", "left", "right"), order=(2, 0, 1))
    assert found(path, None, "left, right", "id") == ROWS
    assert found(path, None, "1,2", "0", header=True) == ROWS
    path = tsv(tmp_path / "bare.tsv", None)
    assert found(path, None, "0,1", "2") == ROWS
    assert read_pair_dataset(path, None, "0,1", "2").lines == [1, 2]
    swapped = [(b, a, label) for a, b, label in ROWS]
    assert found(path, None, "1,0", "2") == swapped


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
    assert read_pair_dataset(path).lines == [1, 3]
    several = write(
        tmp_path / "several.jsonl",
        json.dumps({"text_a": "a", "text_b": "c", "label": ["x", "y"]}),
        json.dumps({"text_a": "a", "text_b": "c", "label": "x"}),
    )
    assert read_pair_dataset(several).labels == [["x", "y"], ["x"]]


def test_texts_without_labels(tmp_path):
    plain = write(tmp_path / "pairs.txt", "a man\ta woman", "", "a dog\ta cat")
    expected = [("a man", "a woman"), ("a dog", "a cat")]
    assert [pair.texts for pair in read_text_pairs(plain)] == expected
    named = write(tmp_path / "pairs.tsv", "premise\thypothesis", "a man\ta woman", "a dog\ta cat")
    assert [pair.texts for pair in read_text_pairs(named)] == expected


@pytest.mark.parametrize(
    ("name", "lines", "options", "message"),
    [
        (
            "a.tsv",
            ["text_a\ttext_b\tlabel", "x\ty\tz", " \ty\tz"],
            {},
            "a.tsv:3: the first text is",
        ),
        ("a.csv", ["text_a,text_b,label", "x,,z"], {}, "a.csv:2: the second text is empty"),
        ("a.csv", ["text_a,text_b,label", "x,y,"], {}, "a.csv:2: the label must be"),
        ("a.csv", ["text_a,text_b,label", "x,y"], {}, "a.csv:2: expected 3 fields"),
        ("a.csv", ["text_a,text_b,label"], {}, "no rows below its header"),
        ("a.csv", ["one,two,label", "x,y,z"], {}, "a.csv:1: .*premise and hypothesis.* one, two"),
        ("a.csv", ["text_a,text_b", "x,y"], {}, "a.csv:1: the column must be one of.*'label'"),
        ("a.csv", ["x,y,z"], {"text": "0,7", "label": "2"}, "one of 0, 1, 2. Received: 7"),
        ("a.csv", ["x,y,z"], {"text": "0"}, "two columns.*Received: '0'"),
        ("a.csv", ["x,y,z"], {"text": "0,0"}, "two columns.*Received: '0,0'"),
        ("a.jsonl", ['{"text_a": "x", "label": 1}'], {}, "a.jsonl:1: the two texts"),
        ("a.jsonl", ['{"text_a": "x", "text_b": "y"}'], {}, "a.jsonl:1: .*Received: 'label'"),
        ("a.jsonl", ['{"text_a": "x", "text_b": 7, "label": 1}'], {}, "jsonl:1: the second text"),
        ("a.jsonl", ['{"text_a": [], "text_b": "y", "label": 1}'], {}, "the first text is empty"),
        ("a.jsonl", ['{"text_a": "x", "text_b": "y", "label": {}}'], {}, "jsonl:1: the label must"),
        ("a.jsonl", ["[]"], {}, "a.jsonl:1: expected a JSON object"),
        ("a.txt", ["x\ty"], {}, "csv, tsv, jsonl or parquet. Received: txt"),
        ("a.conll", ["x\ty"], {}, "csv, tsv, jsonl or parquet. Received: conll"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, name, lines, options, message):
    path = write(tmp_path / name, *lines)
    with pytest.raises((DataError, ValueError), match=message):
        read_pair_dataset(path, **options)
