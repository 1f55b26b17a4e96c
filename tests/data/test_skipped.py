"""Nothing is dropped silently: what a reader gives and what it counts are all lines of the file."""

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.data.columns import read_columns
from keras_elmo.data.conll import read_conll
from keras_elmo.data.datasets import SEQ2SEQ, read_dataset
from keras_elmo.data.formats import read_texts
from keras_elmo.data.kinds import read_labelled
from keras_elmo.data.question_datasets import read_questions
from keras_elmo.data.readers import (
    read_jsonl,
    read_lines,
    read_pairs,
    read_table,
    read_tagged_jsonl,
)
from keras_elmo.files.lines import DataError

ROW = {"text": "a", "label": "x", "tokens": ["a"], "tags": ["O"], "question": "?", "passage": "a"}
READERS = {  # name of the file, a row in it, its reader
    "rows.csv": ("a,x", lambda path, n: read_table(path, 0, 1, skipped=n)),
    "rows.tsv": ("a\tx", lambda path, n: read_table(path, 0, 1, skipped=n)),
    "pairs.tsv": ("a\tx", lambda path, n: read_pairs(path, skipped=n)),
    "lines.txt": ("a", lambda path, n: read_lines(path, skipped=n)),
    "texts.txt": ("a", lambda path, n: read_texts(path, skipped=n)),
    "rows.jsonl": (json.dumps(ROW), lambda path, n: read_jsonl(path, label="label", skipped=n)),
    "tags.jsonl": (json.dumps(ROW), lambda path, n: read_tagged_jsonl(path, skipped=n)),
    "asked.jsonl": (json.dumps(ROW), lambda path, n: read_questions(path, skipped=n)),
}


@pytest.mark.parametrize("name", READERS)
@given(blanks=st.lists(st.sampled_from(["", " ", None]), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None)
def test_rows_and_blank_lines_are_all_lines(tmp_path_factory, name, blanks):
    row, read = READERS[name]
    lines = [row, *(row if blank is None else blank for blank in blanks)]
    path = tmp_path_factory.mktemp("lines") / name
    path.write_text("\n".join(lines) + "\n")
    skipped = Counter()
    found = list(read(path, skipped))
    assert len(found) == lines.count(row)
    assert skipped == Counter({"blank lines": len(lines) - len(found)})


CONLL = """-DOCSTART- -X- O

# a license
# intent = Greet
Ada PROPN B-PER
left VERB O
-DOCSTART- -X- O
she PRON O

# the end
"""


def test_columns_without_comments_and_documents(tmp_path):
    """10 lines: 3 words, 2 of documents, 3 comments, 2 blank ones that only end sentences."""
    path = tmp_path / "a.conll"
    path.write_text(CONLL)
    skipped = Counter()
    sentences = list(read_conll(path, comments="#", skipped=skipped))
    assert [sentence.tokens for sentence in sentences] == [["Ada", "left"], ["she"]]
    assert skipped == {"-DOCSTART- lines": 2, "comment lines": 3}
    skipped = Counter()
    rows = list(read_columns(path, {"pos": 1}, comments="#", skipped=skipped))
    assert [row.metadata for row in rows] == [{"intent": "Greet"}, {}]
    assert skipped == {"-DOCSTART- lines": 2, "comment lines": 2}  # the third one is used


def test_conllu(tmp_path):
    path = tmp_path / "a.conllu"
    fields = "\t_\tAUX" + "\t_" * 6
    rows = [f"{number}\tdo{fields}" for number in ("1-2", "1", "2", "2.1")]
    path.write_text("\n".join(["# text = do", *rows]) + "\n")
    data = read_dataset(path, label="UPOS")
    assert (data.texts, data.labels) == ([["do", "do"]], [["AUX", "AUX"]])
    assert data.skipped == {"multiword ranges and empty nodes": 2}
    assert list(read_texts(path)) == [["do", "do"]]  # not the numbers in the first column
    with pytest.raises(ValueError, match="a field such as UPOS"):
        read_dataset(path)
    path.write_text(f"1-2\tdo{fields}\n")
    with pytest.raises(DataError, match=r"a.conllu:1: the sentence has no word"):
        read_dataset(path, label="UPOS")


def test_what_was_a_comment_in_the_middle_may_be_a_token(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("press O\n# O\nnow O\n")
    assert next(read_conll(path)).tokens == ["press", "#", "now"]
    with pytest.raises(DataError, match=r"a.conll:2: a comment must stand above its sentence"):
        list(read_conll(path, comments="#"))


@pytest.mark.parametrize("row", [{"tokens": ["a", ""]}, {"tags": ["O", ""]}])
def test_empty_tokens_and_tags_are_errors(tmp_path, row):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"tokens": ["a", "b"], "tags": ["O", "O"]} | row))
    with pytest.raises(DataError, match=r"a.jsonl:1: .* not empty"):
        read_dataset(path)


def test_data_sets_keep_the_counts(tmp_path):
    """Also those that are read as something else, and the parts of a data set."""
    path = tmp_path / "a.tsv"
    path.write_text("a\tx\n\nb\ty\n \n")
    for kind, columns in ((SEQ2SEQ, {}), (None, {"text": "0", "label": "1"})):
        data = read_labelled(path, kind=kind, **columns)
        assert data.skipped == {"blank lines": 2}
        assert data.rows([0]).skipped == data.skipped
