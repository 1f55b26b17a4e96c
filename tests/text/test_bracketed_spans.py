"""Spans in brackets: what is written so, and what of it tags cannot say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.text.bracketed_spans import is_bracketed, read_brackets
from keras_elmo.text.tag_spellings import TagSpelling
from keras_elmo.text.tags import read_spans, write_spans

segments = st.lists(
    st.tuples(st.sampled_from([None, "PERSON", "WORK_OF_ART", "C-A0"]), st.integers(1, 4))
)


def spans_of(segments):
    spans, place = [], 0
    for span_type, length in segments:
        spans += [(span_type, place, place + length)] if span_type else []
        place += length
    return spans, place


def bracketed(spans, length):
    tags = ["*"] * length
    for span_type, start, end in spans:
        tags[start] = f"({span_type}" + tags[start]
        tags[end - 1] += ")"
    return tags


@given(segments)
def test_there_and_back(segments):
    spans, length = spans_of(segments)
    assert read_spans(read_brackets(bracketed(spans, length))) == spans
    # As names are written: a span of one token has no star.
    short = [tag.replace("*)", ")") if "(" in tag else tag for tag in bracketed(spans, length)]
    assert read_brackets(short) == write_spans(spans, length)


def test_told_from_all_tags():
    assert is_bracketed({"*", "(GPE)", "(PERSON*", "*)"})
    assert is_bracketed({"(ARG0*)", "*"})
    assert not is_bracketed({"*"})
    assert not is_bracketed({"(", ")", "NN", "*"})
    assert not is_bracketed({"(NN)", "(VB)"})
    assert not is_bracketed({"-", "(12", "12)", "(12)"})  # coreference
    spelling = TagSpelling.of(["*", "(GPE)"])
    assert str(spelling) == "brackets, spelt (TYPE*)"
    assert spelling.convert(["(GPE)", "*"]) == ["B-GPE", "O"]


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ("(A(B*) *)", r"spans inside others.*parses\? Received: tag 0, '\(A\(B\*\)'"),
        ("(A* (B*) *)", r"spans inside others.*tag 1, '\(B\*\)'"),
        ("* *)", r"closed that is not open\. Received: tag 1, '\*\)'"),
        ("(A*))", "closed that is not open"),
        ("(A* *", r"\(A is not closed"),
        ("(A*) O", r"one of \*, \(type\*, \*\), \(type\)\. Received: tag 1, 'O'"),
    ],
)
def test_what_is_no_sequence_of_spans(tags, message):
    with pytest.raises(ValueError, match=message):
        read_brackets(tags.split())
