"""Tables: what other programs write is read back, and what cannot be used is named."""

import csv
import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.data import DataError
from keras_elmo.data.readers.tables import told_delimiter
from tests.data.reading_support import read, rows, texts, write

# A carriage return is a line end to the reader, and so cannot come back from inside a field.
fields = st.text().filter(lambda field: field.strip() and "\r" not in field and "\0" not in field)
labels = fields.filter(lambda field: not field.startswith("["))


@given(rows=st.lists(st.tuples(labels, fields), min_size=1), delimiter=st.sampled_from(",;\t|@"))
@settings(max_examples=60, deadline=None)
def test_what_the_csv_module_writes_is_read_back(tmp_path_factory, rows, delimiter):
    """Quotes, delimiters and line ends inside fields, in every kind of table."""
    path = tmp_path_factory.mktemp("table") / "rows.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows([("stars", "review"), *rows])
    if delimiter == "\t" and any(line.count("\t") == 1 for row in rows for line in row):
        return  # which looks like a quote left open
    how = {"text": "review", "label": "stars", "delimiter": delimiter, "task": "classification"}
    data = read(path, **how)
    found = list(zip(data.labels, data.texts, strict=True))
    assert found == [(label.strip(), text) for label, text in rows]


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.tab", "rows.data"])
@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_the_delimiter_is_told_by_the_first_rows(tmp_path, name, delimiter):
    content = [("text", "label", "note"), ("a, b", "x", "1"), ("c; d", "y", ""), ("e|f", "x", "3")]
    with (tmp_path / name).open("w", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(content)
    how = {} if name != "rows.data" else {"file_format": "csv"}
    data = read(tmp_path / name, **how)
    assert (data.texts, data.labels) == (["a, b", "c; d", "e|f"], ["x", "y", "x"])
    assert data.reading.delimiter == delimiter


def test_where_the_rows_do_not_tell_the_name_does():
    for head in ("text\nshort\n", "a; b\nc\nd; e; f\n", "", '"open\n'):
        assert told_delimiter(head, ",") == ","


def test_pandas_tsv_with_quotes_and_line_ends(tmp_path):
    content = 'text\tlabel\n"He said ""so"" to me"\tpos\n"two\nlines"\tneg\nplain\tpos\n'
    found = rows(write(tmp_path / "a.tsv", content))
    assert found == [('He said "so" to me', "pos"), ("two\nlines", "neg"), ("plain", "pos")]


def test_files_without_quotes(tmp_path):
    path = write(tmp_path / "a.tsv", 'text\tlabel\na "b c\tx\n"d\ty\n"e" f\tx\n')
    expected = [('a "b c', "x"), ('"d', "y"), ('"e" f', "x")]
    assert rows(path, quotes=False) == rows(path) == expected
    assert any("(--quotes)" in note for note in read(path).notes)
    assert read(path).reading.quotes is False
    with pytest.raises(DataError, match=r"a.tsv:3: broken row .* `--no-quotes`"):
        rows(path, quotes=True)


def test_a_quote_left_open_swallows_no_rows(tmp_path):
    content = 'text\tlabel\n"a\tx\nb\ty\nc\tz\nd"\tw\n'
    assert len(read(write(tmp_path / "a.tsv", content))) == 4
    late = "text\tlabel\n" + "word\tx\n" * 20_000 + content  # behind what is looked at
    with pytest.raises(DataError, match=r"a.tsv:20003: .*holds whole rows.*`--no-quotes`"):
        read(write(tmp_path / "a.tsv", late))


def test_columns_by_number_and_lines_by_number(tmp_path):
    path = write(tmp_path / "rows.tsv", "\r\n1\ta b c\r\n\r\n0\td\r\n")
    data = read(path, text="-1", label="0")
    assert (data.texts, data.labels, data.lines) == (["a b c", "d"], ["1", "0"], [2, 4])
    assert data.skipped == {"blank lines": 2}
    assert len(read(path, text="1", label="0", header=True)) == 1
    named = write(tmp_path / "named.csv", "text,stars\na,1\nb,2\n")
    assert rows(named, text="0", label="1") == [("a", "1"), ("b", "2")]  # a header by its names
    assert rows(named, text="0", label="1", header=False)[0] == ("text", "stars")
    assert rows(named, text="0", label="stars") == [("a", "1"), ("b", "2")]


def test_a_comma_in_the_name_of_a_column_is_a_comma(tmp_path):
    path = write(tmp_path / "a.tsv", "text\tstars, of 5\na\t1\nb\t2\n")
    assert read(path, label="stars, of 5").labels == ["1", "2"]


def test_fields_of_any_length(tmp_path):
    path = write(tmp_path / "a.csv", f"text,label\n{'word ' * 200_000},x\nb,y\n")
    assert len(read(path).texts[0]) == 1_000_000


def test_several_labels_in_columns_and_in_a_cell(tmp_path):
    path = write(tmp_path / "a.csv", "id,text,severe toxic,insult\n7,a,0,1\n8,b,1,1.0\n9,c,0,0\n")
    data = read(path, label="severe toxic,insult")
    assert data.kind == "multi-label"
    assert data.labels == [["insult"], ["severe toxic", "insult"], []]
    assert data.ids == ["7", "8", "9"]
    cell = write(tmp_path / "b.csv", "text,label\na,x|y\nb,y\nc,\n")
    assert read(cell, label_separator="|").labels == [["x", "y"], ["y"], []]
    pandas = write(tmp_path / "c.csv", "text,label\na,\"['x', 'y']\"\nb,['y']\n")
    assert read(pandas).labels == [["x", "y"], ["y"]]
    with pytest.raises(DataError, match=r"a.csv:2: .* holds 0 or 1. Received: id='7'"):
        read(path, label="id,insult")


def test_a_token_a_row(tmp_path):
    path = write(
        tmp_path / "a.csv",
        "Sentence #,Word,POS,Tag\nSentence: 1,Ada,NN,B-PER\n,left,VB,O\nSentence: 2,She,PR,O\n",
    )
    data = read(path)
    assert (data.kind, data.texts, data.lines) == ("tagging", [["Ada", "left"], ["She"]], [2, 4])
    assert data.labels == [["B-PER", "O"], ["O"]]
    assert read(path, label="POS").labels == [["NN", "VB"], ["PR"]]
    joint = read(path, label="pos=POS,ner=Tag").labels
    assert joint[1] == {"pos": ["PR"], "ner": ["O"]}
    other = write(tmp_path / "b.tsv", "doc\tword\tner\n1\ta\tO\n1\tb\tB-X\n2\tc\tO\n")
    assert read(other, sentence="doc").texts == [["a", "b"], ["c"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "rows.csv: the file holds no rows"),
        (b"text,label\n", "rows.csv: the file holds no rows below its header"),
        (b"text,label\na,1\n\nb,c,2\n", "rows.csv:4: expected 2 fields.* Received: 3"),
        (b"text,stars\na,1\n", "rows.csv: the column must be one of text, stars. .*'label'"),
        (b"text:label\na:1\n", "rows.csv: .* Is the delimiter right"),
        (b'text,label\n"a\nb",1\n" ",2\n', "rows.csv:4: the text is empty"),
        (b"text,label\na, \n", "rows.csv:2: the label is empty"),
        (b'text,label\na,1\n"b,2\nc,3\n', "rows.csv:3: broken row"),
        (b"text,label,label\na,1,2\n", "rows.csv: .*Each name may stand only once"),
    ],
)
def test_bad_tables_name_the_line(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read(write(tmp_path / "rows.csv", content))


@pytest.mark.parametrize("delimiter", ["", "ab", '"', "\n"])
def test_what_is_no_delimiter(tmp_path, delimiter):
    with pytest.raises(ValueError, match=r"--delimiter.* is one character"):
        read(write(tmp_path / "a.csv", "text,label\na,b\n"), delimiter=delimiter)


def test_texts_without_labels(tmp_path):
    assert texts(write(tmp_path / "a.csv", "id,text\n1,a\n2,b\n")) == ["a", "b"]
    assert texts(write(tmp_path / "b.csv", "1,a\n2,b\n"), text="1") == ["a", "b"]
