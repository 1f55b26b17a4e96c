"""Pairs of texts in two columns."""

import pytest

from keras_elmo.data.datasets import SEQ2SEQ, read_dataset
from keras_elmo.data.readers import read_pairs
from keras_elmo.files.lines import DataError


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["words.tsv", "words.txt", "words.dict"])
def test_two_columns_are_pairs(tmp_path, name):
    path = write(tmp_path / name, "cat\tK AE T\n\n\"it's \t IH T S\r\n")
    rows = list(read_pairs(path))
    assert [tuple(row) for row in rows] == [("cat", "K AE T", 1), ("\"it's", "IH T S", 3)]
    data = read_dataset(path, kind=SEQ2SEQ)
    assert (data.kind, data.texts, data.labels) == (
        SEQ2SEQ,
        ["cat", "\"it's"],
        ["K AE T", "IH T S"],
    )
    assert data.lines == [1, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\nno tab\n", r"words.tsv:2: expected two columns .* Received: 1 'no tab'"),
        ("a\tb\tc\n", r"words.tsv:1: expected two columns .* Received: 3. Choose two with --text"),
        ("a\tb\n\n\tb\n", r"words.tsv:3: the source is empty"),
        ("a\tb\na\t \n", r"words.tsv:2: the target is empty"),
        ("\n\n", r"words.tsv: the file holds no pairs"),
    ],
)
def test_what_is_no_pair_is_named(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_dataset(write(tmp_path / "words.tsv", text), kind=SEQ2SEQ)


def test_columns_by_name(tmp_path):
    path = write(tmp_path / "words.csv", "word,sounds,note\ncat,K AE T,x\n")
    data = read_dataset(path, kind=SEQ2SEQ, text="word", label="sounds")
    assert (data.texts, data.labels) == (["cat"], ["K AE T"])
    path = write(tmp_path / "words.jsonl", '{"text": "cat", "label": ["K", "AE"]}\n')
    with pytest.raises(DataError, match="expected one label"):
        read_dataset(path, kind=SEQ2SEQ)
    path = write(tmp_path / "three.tsv", "x\tcat\tK\n")
    assert read_dataset(path, kind=SEQ2SEQ, text="1", label="2").texts == ["cat"]
