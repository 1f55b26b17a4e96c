"""What a labelled file holds, beside counting by hand; and each warning on a small file."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.data import DataError, Reading, read_dataset
from keras_elmo.data.checking.checked_file import check_file
from keras_elmo.text.tags import read_spans, write_spans

KEYS = ["format", "encoding", "delimiter", "task", "rows", "tokens", "labels"]
KEYS += ["spans", "scheme", "skipped", "warnings"]
GOOD = [
    f"film {word},{label}" for label, words in (("pos", "abc"), ("neg", "def")) for word in words
]
TAGGED = "Ada B-PER\nlives O\nin O\nRome B-LOC\n\nBob B-PER\nLee I-PER\nleft O\n"


def write(folder, name, *lines):
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def found(report, code):
    """Return the one warning of a code as count, and lines by name of the file."""
    [warning] = [x for x in report.warnings if x.code == code]
    assert warning.to_json().keys() == {"code", "count", "message", "where"}
    return warning.count, [place.rpartition("/")[2] for place in warning.where]


def csv_lines(*rows):
    return ["text,label", *GOOD, *rows]  # further rows begin in line 8


# === What a file holds ===


def test_a_table(tmp_path):
    path = write(tmp_path, "a.csv", *csv_lines('an ""x,pos', "", ",neg"))
    report = check_file(path, Reading())
    assert report.to_json() == {
        "format": "csv",
        "encoding": "UTF-8",
        "delimiter": ",",
        "task": "classification",
        "rows": 7,
        "tokens": 6 * 2 + 4,
        "labels": {"pos": 4, "neg": 3},
        "spans": {},
        "scheme": None,
        "skipped": {"blank lines": 1, "empty text": 1},
        "warnings": [report.warnings[0].to_json()],
    }
    assert list(report.to_json()) == KEYS
    assert found(report, "empty_text") == (1, ["a.csv:10"])
    assert report.is_refused
    assert not check_file(path, Reading(skip_bad=True)).is_refused
    assert report.lengths == dict(zip(report.lengths, [2, 2, 4, 4, 4], strict=True))


def test_columns_of_tokens(tmp_path):
    report = check_file(write(tmp_path, "a.conll", TAGGED), Reading())
    assert (report.format, report.task, report.scheme) == ("conll", "tagging", "BIO")
    assert (report.rows, report.tokens, report.spans) == (2, 7, {"PER": 2, "LOC": 1})
    assert report.labels == {"O": 3, "B-PER": 2, "B-LOC": 1, "I-PER": 1}
    assert any("tags of spans in BIO" in note for note in report.notes)


def test_brackets(tmp_path):
    lines = ["Ada (PER*", "Lee *)", "left *", "", "Rome (LOC)", "falls *", "to *", "Bob (PER)"]
    report = check_file(write(tmp_path, "a.conll", *lines), Reading())
    assert (report.scheme[:8], report.spans) == ("brackets", {"PER": 2, "LOC": 1})


def test_several_columns(tmp_path):
    rows = [
        {"tokens": ["Ada", "left"], "slots": ["B-PER", "O"], "intent": "go"},
        {"tokens": ["Bob", "Lee", "sat"], "slots": ["B-PER", "I-PER", "O"], "intent": "stay"},
    ]
    path = write(tmp_path, "a.jsonl", *map(json.dumps, rows))
    report = check_file(path, Reading(text="tokens", label="slots,intent"))
    assert (report.task, report.scheme) == ("joint", {"slots": "BIO"})
    assert report.spans == {"slots": {"PER": 2}}
    assert report.labels["intent"] == {"go": 1, "stay": 1}


def test_annotated_texts(tmp_path):
    rows = [
        {"text": "Ada lives in Rome.", "label": [[0, 3, "PER"], [13, 17, "LOC"]]},
        {"text": "Bobby sat.", "label": [[0, 3, "PER"]]},
    ]
    path = write(tmp_path, "a.jsonl", *map(json.dumps, rows))
    report = check_file(path, Reading())
    assert (report.task, report.tokens, report.spans) == ("tagging", 5, {"PER": 1, "LOC": 1})
    assert found(report, "span_that_cuts_a_token") == (1, ["a.jsonl:2"])
    assert check_file(path, Reading(align="expand")).spans == {"PER": 2, "LOC": 1}


@pytest.mark.parametrize(
    ("rows", "task", "expected", "labels"),
    [
        ([("a b", 1.5), ("c", 2)], "regression", "regression", [1.5, 1.75, 2.0]),
        ([("a b", ["x", "y"]), ("c", ["x"])], None, "multi-label", [2, 1]),
        ([("a b", ["x"]), ("c", ["y"])], None, "classification", [1, 1]),
    ],
)
def test_tasks(tmp_path, rows, task, expected, labels):
    lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
    path = write(tmp_path, "a.jsonl", *lines)
    report = check_file(path, Reading(task=task))
    assert (report.task, list(report.labels.values())) == (expected, labels)
    assert report.task == read_dataset(path, Reading(task=task)).kind


def test_questions(tmp_path):
    passage = "Ada lived in Rome."
    answers = [{"text": "Rome", "answer_start": 13}]
    qas = [
        {"id": "1", "question": "Where?", "answers": answers},
        {"id": "2", "question": "When?", "answers": [], "is_impossible": True},
    ]
    data = {"data": [{"title": "", "paragraphs": [{"context": passage, "qas": qas}]}]}
    report = check_file(write(tmp_path, "a.json", json.dumps(data)), Reading())
    assert (report.task, report.rows) == ("qa", 2)
    assert report.labels == {"answered": 1, "no answer": 1}


def test_nothing_is_wrong_with_a_good_file(tmp_path):
    assert check_file(write(tmp_path, "a.csv", *csv_lines()), Reading()).warnings == []


def test_rows_are_told_on_the_way(tmp_path):
    path = write(tmp_path, "a.csv", *csv_lines(*(f"film {i},pos" for i in range(5000))))
    told = []
    check_file(path, Reading(), on_rows=told.append)
    assert told == [2000, 4000]


def test_no_row_can_be_used(tmp_path):
    with pytest.raises(DataError, match="no rows that can be used"):
        check_file(write(tmp_path, "a.csv", "text,label", ",pos", ",neg"), Reading())


# === Warnings ===

TABLES = {  # code: further rows, count, places
    "rare_labels": (["new,odd", "newer,odd"], 1, [8, 9]),
    "imbalance": ([f"film {i},pos" for i in range(30)], 33, [5, 6, 7]),
    "duplicates": (["film a,pos", "film a,pos"], 2, [2, 8, 9]),
    "conflicting_labels": (["film a,neg", "film a,neg"], 1, [2, 8, 9]),
    "similar_labels": (["one,Pos", "two,POS"], 3, [2, 8, 9]),
    "empty_text": ([" ,pos"], 1, [8]),
    "empty_label": (["a,", "b,"], 2, [8, 9]),
    "number_of_fields": (["a,b,pos"], 1, [8]),
    "giant_texts": ["a " * 1001 + ",pos"],
    "long_words": [f"see {'a' * 49} {'ä' * 25},pos", f"see {'a' * 48},pos"],
    "control_characters": ["a \x07 b,pos", "c \ufffd d,pos", "e\xa0f,pos"],
    "no_words": ["...,pos", "?!,neg"],
}
COUNTS = {"giant_texts": 1, "long_words": 2, "control_characters": 2, "no_words": 2}
PLACES = {"giant_texts": [8], "long_words": [8], "control_characters": [8, 9], "no_words": [8, 9]}


@pytest.mark.parametrize("code", TABLES)
def test_warnings_of_tables(tmp_path, code):
    case = TABLES[code]
    rows, count, lines = case if isinstance(case, tuple) else (case, COUNTS[code], PLACES[code])
    report = check_file(write(tmp_path, "a.csv", *csv_lines(*rows)), Reading())
    assert found(report, code) == (count, [f"a.csv:{line}" for line in lines])


CONLL = {  # code: lines, count, places
    "one_sentence": (["a B-X", "b O"] * 30, 1, [1]),
    "misplaced_tags": (["a B-X", "b O", "c I-X", "", *["d B-X", "e I-X", ""] * 3], 1, [1]),
    "plain_tags": (["a B-X", "b O", "c X"], 3, [1]),
    "similar_labels": (["a B-per", "b B-PER", "c I-PER", "d O"], 2, [1]),
    "one_class": (["a O", "b O"], 1, [1]),
    "rare_labels": (["a DET", "b N", "c DET", "d DET"], 1, [1]),
}


@pytest.mark.parametrize("code", CONLL)
def test_warnings_of_tags(tmp_path, code):
    lines, count, places = CONLL[code]
    report = check_file(write(tmp_path, "a.conll", *lines), Reading())
    assert found(report, code) == (count, [f"a.conll:{line}" for line in places])


def test_spans_that_cross_sentence_ends(tmp_path):
    lines = ["x B-A", "", "y I-A", "in O", "", "came B-A", ". I-A", "Ada I-A", ""]
    usual = ["Mr B-A", ". I-A", "Lee I-A", "left B-A", ". O", "He B-A", ""]
    report = check_file(write(tmp_path, "a.conll", *lines, *usual), Reading())
    assert found(report, "spans_cross_sentences") == (2, ["a.conll:3", "a.conll:6"])
    assert not report.is_refused
    asked = check_file(tmp_path / "a.conll", Reading(file_scheme="BIO"))
    assert asked.is_refused
    with pytest.raises(DataError, match="must not stand"):
        read_dataset(tmp_path / "a.conll", Reading(file_scheme="BIO"))


def test_iob1_crosses_nothing(tmp_path):
    lines = ["Ada I-PER", "left O", "", "Bob I-PER", "Lee B-PER", "", "Rome I-LOC", "Ada I-PER", ""]
    report = check_file(write(tmp_path, "a.conll", *lines), Reading())
    assert {x.code for x in report.warnings} <= {"rare_labels", "misplaced_tags"}
    assert report.spans == {"PER": 4, "LOC": 1}


def test_tokens_without_a_tag(tmp_path):
    rows = [{"tokens": ["a", "b"], "tags": ["B-X", None]}, {"tokens": ["c"], "tags": ["O"]}]
    path = write(tmp_path, "a.jsonl", *map(json.dumps, rows))
    report = check_file(path, Reading())
    assert found(report, "missing_tags") == (1, ["a.jsonl:1"])
    with pytest.raises(DataError, match="must be there for each token"):
        read_dataset(path, Reading())


def test_one_class_is_refused(tmp_path):
    path = write(tmp_path, "a.csv", "text,label", "a,x", "b,x", "c,x")
    report = check_file(path, Reading())
    assert found(report, "one_class") == (1, ["a.csv:2", "a.csv:3", "a.csv:4"])
    assert report.is_refused
    numbers = check_file(
        write(tmp_path, "b.csv", "text,label", "a,1", "b,1.0"), Reading(task="regression")
    )
    assert found(numbers, "one_class") == (2, [])


def test_words_that_are_not_known(tmp_path):
    known = {"film", *"abcdef"}
    rows = [f"{word} {word}s,pos" for word in ["un", "deux", "trois", "quatre"] for _ in range(20)]
    path = write(tmp_path, "a.csv", *csv_lines(*rows))
    assert found(check_file(path, Reading(), known_words=known), "unknown_words")[0] == 160
    assert not [x for x in check_file(path, Reading()).warnings if x.code == "unknown_words"]


def test_too_many_labels_are_bounded(tmp_path):
    rows = [f"text {i},label {i}" for i in range(10_010)]
    report = check_file(write(tmp_path, "a.csv", "text,label", *rows), Reading())
    assert found(report, "many_labels")[0] == 10
    assert len(report.labels) == 10_000


def test_too_many_tags_are_bounded(tmp_path):
    lines = [f"word tag{i}\n" for i in range(2010)]
    report = check_file(write(tmp_path, "a.conll", *lines), Reading())
    assert found(report, "many_labels")[0] == 9
    assert (len(report.labels), report.spans, report.rows) == (2001, {}, 2010)


def test_bad_rows_are_counted_not_kept(tmp_path):
    report = check_file(write(tmp_path, "a.csv", *csv_lines(*[",pos"] * 5000)), Reading())
    assert report.skipped == {"empty text": 5000}
    assert found(report, "empty_text") == (5000, ["a.csv:8", "a.csv:9", "a.csv:10"])


def test_another_file(tmp_path):
    data = check_file(write(tmp_path, "a.csv", *csv_lines()), Reading())
    path = write(tmp_path, "b.csv", "text,label", "new,pos", "film f,neg", "newer,mixed")
    other = check_file(path, Reading(), is_trained_on=False)
    assert other.warnings == []  # one row of a class is no fault where nothing is learned
    other.compare(data)
    assert found(other, "shared_texts") == (1, ["b.csv:3", "a.csv:7"])
    assert found(other, "unknown_labels") == (1, ["b.csv:4"])
    assert other.is_refused


def test_tags_of_another_file_are_compared_as_trained(tmp_path):
    data = check_file(write(tmp_path, "a.conll", TAGGED), Reading())
    lines = ["Rome B-LOC", "City I-LOC", "", "Ada B-PER", "left O", "Oslo B-ORG"]
    other = check_file(write(tmp_path, "b.conll", *lines), Reading(usual=data.reading))
    other.compare(data)
    assert found(other, "unknown_labels") == (2, ["b.conll:1", "b.conll:4"])


# === Beside counting in memory ===

SPANS = st.lists(st.sampled_from(["O", "B-X", "I-X", "B-Y", "I-Y"]), min_size=1, max_size=6)


@given(st.lists(SPANS, min_size=1, max_size=6), st.sampled_from(["BIO", "BIOES", "BILOU", "IOB1"]))
def test_spans_are_those_of_whole_sentences(tmp_path_factory, sentences, scheme):
    sentences = [["B-X", "I-X", "O", "B-Y", "I-Y", "O"], *sentences]  # which tell the scheme
    spans = [read_spans(tags) for tags in sentences]
    written = [
        write_spans(own, len(tags), scheme) for own, tags in zip(spans, sentences, strict=True)
    ]
    blocks = ["\n".join(f"w {tag}" for tag in tags) for tags in written]
    path = write(tmp_path_factory.mktemp("spans"), "a.conll", "\n\n".join(blocks))
    report = check_file(path, Reading(file_scheme=scheme))
    assert report.spans == dict(Counter(span[0] for own in spans for span in own))
    assert not {"misplaced_tags", "spans_cross_sentences"} & {x.code for x in report.warnings}


ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1, max_size=8)


@given(ROWS, ROWS)
def test_repeated_texts_are_those_that_stand_there(tmp_path_factory, rows, others):
    folder = tmp_path_factory.mktemp("rows")
    first, second = (
        check_file(write(folder, name, "text,label", *map(",".join, found)), Reading())
        for name, found in (("a.csv", rows), ("b.csv", others))
    )
    second.compare(first)
    counts = Counter(x.code for x in second.warnings for _ in range(x.count))
    labels: dict[str, list[str]] = {}
    for text, label in others:
        labels.setdefault(text, []).append(label)
    assert counts["duplicates"] == sum(x.count(x[0]) - 1 for x in labels.values())
    assert counts["conflicting_labels"] == sum(len({*x}) > 1 for x in labels.values())
    assert counts["shared_texts"] == sum(text in dict(rows) for text, _ in others)
    assert counts["unknown_labels"] == len({y for _, y in others} - {y for _, y in rows})


TAGS = st.sampled_from(
    ["O B-X I-X", "O B-X I-X E-X S-X", "O X Y", "O B I", "* (X* *) (X)", "1 2 _"]
)


@given(TAGS, st.sampled_from([None, "BIO", "BIOES", "IOB1", "brackets", "none"]), st.data())
def test_what_training_refuses_is_refused(tmp_path_factory, tags, scheme, data):
    tag = st.sampled_from(tags.split())
    sentences = data.draw(st.lists(st.lists(tag, min_size=1, max_size=4), min_size=1, max_size=4))
    blocks = ["\n".join(f"w {tag}" for tag in sentence) for sentence in sentences]
    path = write(tmp_path_factory.mktemp("tags"), "a.conll", "\n\n".join(blocks))
    reading = Reading(file_scheme=scheme)

    def trains():
        read_dataset(path, reading).classes()

    try:
        is_refused = check_file(path, reading).is_refused
    except ValueError:
        is_refused = True
    if is_refused:
        with pytest.raises(ValueError, match=r"a\.conll"):
            trains()
    else:
        trains()


@given(st.lists(st.integers(1, 30), min_size=1, max_size=30))
def test_lengths(tmp_path_factory, lengths):
    path = write(
        tmp_path_factory.mktemp("a"), "a.csv", "text,label", *("a " * n + ",x" for n in lengths)
    )
    report = check_file(path, Reading())
    ordered = sorted(lengths)
    assert report.tokens == sum(lengths)
    assert list(report.lengths) == ["shortest", "median", "95 %", "99 %", "longest"]
    shares = (0, 0.5, 0.95, 0.99, 1)
    assert [*report.lengths.values()] == [ordered[round(x * (len(lengths) - 1))] for x in shares]
