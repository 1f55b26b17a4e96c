"""Nothing is dropped silently: what is read and what is counted are all lines of the file."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.data import Reading, open_examples
from tests.data.reading_support import read, write

ROW = {"text": "a", "label": "x", "question": "?", "passage": "a"}
TAGGED = json.dumps({"tokens": ["a"], "tags": ["O"]})
FILES = {  # name of the file, a row in it, what is said of it, whether labels are read
    "rows.csv": ("a,x", {"text": "0", "label": "1"}, True),
    "rows.tsv": ("a\tx", {"text": "0", "label": "1"}, True),
    "pairs.tsv": ("a\tx", {"task": "seq2seq"}, True),
    "texts.txt": ("a", {}, False),
    "rows.jsonl": (json.dumps(ROW), {"task": "classification"}, True),
    "tags.jsonl": (TAGGED, {}, True),
    "asked.jsonl": (json.dumps(ROW), {"task": "qa"}, False),
    "fast.txt": ("__label__x a", {}, True),
}


@pytest.mark.parametrize("name", FILES)
@given(blanks=st.lists(st.sampled_from(["", " ", None]), min_size=2, max_size=12))
@settings(max_examples=25, deadline=None)
def test_rows_and_blank_lines_are_all_lines(tmp_path_factory, name, blanks):
    row, how, labelled = FILES[name]
    lines = [row, row, *(row if blank is None else blank for blank in blanks)]
    path = write(tmp_path_factory.mktemp("lines") / name, "\n".join(lines) + "\n")
    examples = open_examples(path, Reading(**how), labelled=labelled)
    assert len(list(examples)) == lines.count(row)
    blank = len(lines) - lines.count(row)
    assert dict(examples.source.bad.skipped) == ({"blank lines": blank} if blank else {})


BAD = {  # name of the file, good rows, bad ones with their reasons
    "a.csv": ("text,label\na,x\nb,y\n", {"a,x,y\n": "number of fields", ",x\n": "empty text"}),
    "a.jsonl": (
        '{"text": "a", "label": "x"}\n{"text": "b", "label": "y"}\n',
        {"{\n": "no JSON", "[]\n": "no object", '{"text": "a"}\n': "no label"},
    ),
    "a.conll": ("a O\n\nb B-X\n\n", {"c\n\n": "number of columns"}),
    "a.conllu": (
        "1\ta\t_\tX\t_\t_\t_\t_\t_\t_\n\n1\tb\t_\tY\t_\t_\t_\t_\t_\t_\n\n",
        {"2\ta\t_\tX\t_\t_\t_\t_\t_\t_\n\n": "ids of words"},
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_rows_are_left_out_counted_and_kept(tmp_path, name):
    """Of every format: what stays are the good rows, and each of the others is told."""
    good, bad = BAD[name]
    how = {"label": "UPOS"} if name == "a.conllu" else {}
    expected = read(write(tmp_path / name, good), **how)
    data = read(write(tmp_path / name, good + "".join(bad)), skip_bad=True, **how)
    assert (data.texts, data.labels) == (expected.texts, expected.labels)
    assert data.skipped == expected.skipped | dict.fromkeys(bad.values(), 1)
    assert [row.reason for row in data.bad_rows] == list(bad.values())
    lines = good.count("\n")
    assert data.bad_rows[0].line == lines + 1
    assert all(row.message and row.content for row in data.bad_rows[:1])


def test_data_sets_keep_the_counts(tmp_path):
    """Also those that are read as something else, and the parts of a data set."""
    path = write(tmp_path / "a.tsv", "a\tx\n\nb\ty\n \n")
    for how in ({"task": "seq2seq"}, {"text": "0", "label": "1"}):
        data = read(path, **how)
        assert data.skipped == {"blank lines": 2}
        assert data.rows([0]).skipped == data.skipped
