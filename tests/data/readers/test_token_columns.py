"""Columns of tokens: the same sentences however they are written, and lines that are named."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.data import DataError
from tests.data.reading_support import read, texts, write

SPLITS = Path(__file__).resolve().parents[4] / "shared" / "data" / "splits"

words = st.text("ab#_é", min_size=1, max_size=3)
sentence = st.lists(st.tuples(words, st.sampled_from(["O", "B-X", "B-Y"])), min_size=1, max_size=4)


@given(
    sentences=st.lists(sentence, min_size=2, max_size=4),
    separator=st.sampled_from(["\t", " ", "  "]),
    trailing=st.lists(st.sampled_from(["", " ", "\t", " \t "]), min_size=40, max_size=40),
    end=st.sampled_from(["\n", "\r\n"]),
    blank=st.sampled_from(["", " ", "\t"]),
)
@settings(max_examples=60, deadline=None)
def test_white_space_is_no_column(tmp_path_factory, sentences, separator, trailing, end, blank):
    """Behind a line, between sentences and at the end of the file."""
    spaces = iter(trailing)
    lines = [
        line
        for rows in sentences
        for line in [*(separator.join(row) + next(spaces) for row in rows), blank]
    ]
    path = tmp_path_factory.mktemp("columns") / "a.conll"
    data = read(write(path, end.join(lines)), file_scheme="BIO")
    assert data.texts == [[word for word, _ in rows] for rows in sentences]
    assert data.labels == [[tag for _, tag in rows] for rows in sentences]


def test_columns_separators_and_line_numbers(tmp_path):
    path = write(
        tmp_path / "data.conll",
        "\ufeff-DOCSTART- -X- O O\r\n\r\nEU NNP I-ORG\r\nsays  VB O\r\n\r\n\r\n"
        "# NN I-PER\r\nBob NNP B-PER\r\n#end document",
    )
    data = read(path)
    assert data.texts == [["EU", "says"], ["#", "Bob"]]
    assert data.labels == [["B-ORG", "O"], ["B-PER", "B-PER"]]
    assert (data.lines, data.skipped) == ([3, 7], {"document marks": 2})
    assert read(path, label="1").labels == [["NNP", "VB"], ["NN", "NNP"]]
    assert read(path, comment="#").texts == [["EU", "says"], ["Bob"]]
    assert texts(path) == data.texts


def test_only_tab_and_space_separate_columns(tmp_path):
    path = write(tmp_path / "data.conll", "1 000\tNUM\n\u00a0x\tSYM\n")
    assert read(path).texts == [["1 000", "\u00a0x"]]


def test_comments_are_told_by_their_columns(tmp_path):
    path = write(tmp_path / "a.conll", "# global.columns = FORM NER\nAda\tB-X\n#\tO\n")
    data = read(path)
    assert data.texts == [["Ada", "#"]]
    assert any("--comment" in note for note in data.notes)
    path = write(tmp_path / "b.conll", "press O\n# O\nnow O\n")
    assert read(path).texts == [["press", "#", "now"]]
    with pytest.raises(DataError, match=r"b.conll:2: a comment must stand above its sentence"):
        read(path, comment="#")


GERMEVAL = "#\thttp://x/{0}\t[2010-07-04]\t\n1\tAda\tB-PER\tO\n2\tlebt\tO\tB-LOC\n\n"


def test_a_column_that_counts_holds_no_words(tmp_path):
    """As in GermEval 2014: a line of its source, a count, two columns of tags."""
    path = write(tmp_path / "a.tsv", GERMEVAL.format(0) + GERMEVAL.format(1))
    data = read(path)
    assert data.texts == [["Ada", "lebt"]] * 2
    assert data.labels == [["O", "B-LOC"]] * 2
    assert data.skipped == {"comment lines": 2}
    assert any("--text 0" in note for note in data.notes)
    assert any("--label 2" in note for note in data.notes)
    assert read(path, text="1", label="2").labels == [["B-PER", "O"]] * 2
    assert read(path, text="0").texts == [["1", "2"]] * 2
    numbers = write(tmp_path / "b.conll", "1 NUM\n2 NUM\n\n1 NUM\n")  # of two columns: words
    assert read(numbers).texts == [["1", "2"], ["1"]]


@pytest.mark.parametrize("names", ["word\tlabel", "token\tpos", "Word\tTag"])
def test_a_row_of_names_is_no_token(tmp_path, names):
    path = write(tmp_path / "a.conll", f"{names}\nAda\tNN\nleft\tVB\n\nshe\tPR\n")
    data = read(path)
    assert (data.texts, data.labels) == ([["Ada", "left"], ["she"]], [["NN", "VB"], ["PR"]])
    assert read(path, header=False).texts[0][0] == names.split("\t")[0]
    assert read(path, label=names.split("\t")[1]).labels == data.labels
    other = write(tmp_path / "b.conll", "eins\tzwei\nAda\tNN\n")
    assert read(other, header=True).texts == [["Ada"]]


def test_brackets_of_conll_2012(tmp_path):
    rows = "Ada (PERSON*\nLovelace *)\nleft *\nRome (GPE)\n"
    path = write(tmp_path / "a.conll", f"#begin document (x)\n{rows}\n#end document\n")
    assert read(path).labels == [["B-PERSON", "I-PERSON", "O", "B-GPE"]]


def test_one_sentence_of_a_whole_file_is_told(tmp_path):
    data = read(write(tmp_path / "a.conll", "Ada B-X\nleft O\n" * 100))
    assert any("one sentence of 200 tokens" in note for note in data.notes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("\n", "data.conll: the file holds no sentences"),
        ("a O\nb\nc O\n", r"data.conll:2: expected 2 columns.* Received: \['b'\]"),
        ("a\nb\n", "data.conll: tokens and tags must be different columns"),
        ("a\tO\n\tO\n", "data.conll:2: empty token or tag"),
        ("a O\n\nb O\nc\nd O\n", r"data.conll:4: .*"),
    ],
)
def test_bad_files_name_the_line(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        read(write(tmp_path / "data.conll", content))


def test_tags_against_a_scheme_that_is_asked_for(tmp_path):
    path = write(tmp_path / "data.conll", "a O\n\nb O\nc I-X\n")
    assert read(path).labels == [["O"], ["O", "B-X"]]
    assert read(path, file_scheme="IOB1").labels == [["O"], ["O", "B-X"]]
    assert read(path, file_scheme="none").labels == [["O"], ["O", "I-X"]]
    with pytest.raises(DataError, match=r"data.conll:3: .*'I-X'.* behind 'O' in BIO"):
        read(path, file_scheme="BIO")


def test_a_column_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"one of 0, 1\. Received: '2'"):
        read(write(tmp_path / "data.conll", "a O\n"), label="2")


def test_real_sentences_lose_nothing():
    path = SPLITS / "wikigold" / "test.conll"
    if not path.exists():
        pytest.skip(f"the evaluation sets are not at {SPLITS}")
    data = read(path)
    pairs = zip(data.texts, data.labels, strict=True)
    rows = ["\n".join(map("\t".join, zip(*pair, strict=True))) + "\n" for pair in pairs]
    assert "\n".join(rows).strip() == path.read_text(encoding="utf-8").strip()


# === CoNLL-U ===


def conllu(*rows):
    """Rows of ID, FORM, UPOS and MISC."""
    return "".join(
        f"{i}\t{form}\t_\t{upos}\t_\t_\t_\t_\t_\t{misc}\n" for i, form, upos, misc in rows
    )


def test_conllu_as_others_write_it(tmp_path):
    rows = [("1-2", "don't", "_", "SpaceAfter=No"), ("1", "do", "AUX", "Slot=I-a|X=1")]
    rows += [("2", "n't", "PART", "X=2|Slot=O"), ("2.1", "go", "VERB", "_")]
    head = "# sent_id = 7\n# text = don't = do not\n# newpar\n"
    path = write(tmp_path / "en.conllu", head + conllu(*rows))
    data = read(path, label="pos=UPOS,Slot,intent=text")
    assert data.texts == [["do", "n't"]]
    assert data.labels == [
        {"pos": ["AUX", "PART"], "Slot": ["B-a", "O"], "intent": "don't = do not"}
    ]
    assert (data.lines, data.ids) == ([4], ["7"])
    assert data.skipped == {"comment lines": 1, "multiword ranges and empty nodes": 2}
    assert texts(path) == [["do", "n't"]]
    with pytest.raises(ValueError, match="a field such as UPOS"):
        read(path)


def test_unspecified_is_no_class(tmp_path):
    path = write(tmp_path / "a.conllu", conllu(("1", "a", "X", "_"), ("2", "b", "_", "_")))
    data = read(path, label="UPOS")
    assert data.labels == [["X", None]]
    assert data.found_labels() == {"X"}
    data.require(["X"])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("1-2", "do", "X", "_")], r"a.conllu:1: the sentence has no word"),
        ([("1", "a", "X", "_"), ("1", "b", "X", "_")], "'1' as word 2, in line 2. Is a blank line"),
        ([("1", "a", "X", "_"), ("3", "b", "X", "_")], "'3' as word 2, in line 2"),
    ],
)
def test_ids_that_do_not_count(tmp_path, rows, message):
    with pytest.raises(DataError, match=message):
        read(write(tmp_path / "a.conllu", conllu(*rows)), label="UPOS")
    with pytest.raises(DataError, match="ten columns"):
        read(write(tmp_path / "a.conllu", "a\tO\n"), label="UPOS")
