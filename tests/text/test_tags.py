"""Tag schemes: all ways between them lead to the same spans, and what is against them is named."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.text.tags import (
    SCHEMES,
    allowed_transitions,
    check_tags,
    convert_tags,
    detect_scheme,
    may_follow,
    read_spans,
    write_spans,
)

# A sentence as rows of (type or None, length): the spans themselves, in no scheme.
segments = st.lists(st.tuples(st.sampled_from([None, "X", "Y-Z"]), st.integers(1, 4)), max_size=6)
schemes = st.sampled_from(SCHEMES)
any_tags = st.lists(st.sampled_from(["O", *map("-".join, itertools.product("BIES", "XY"))]))


def spans_of(segments):
    spans, place = [], 0
    for span_type, length in segments:
        if span_type:
            spans.append((span_type, place, place + length))
        place += length
    return spans, place


@given(segments, schemes, schemes)
def test_there_and_back(segments, one, other):
    spans, length = spans_of(segments)
    tags = write_spans(spans, length, one)
    check_tags(tags, one)
    assert read_spans(tags) == spans
    assert convert_tags(tags, one, scheme=one) == tags
    assert convert_tags(convert_tags(tags, other, scheme=one), one, scheme=other) == tags


@given(any_tags, schemes)
def test_anything_is_mended(tags, scheme):
    mended = convert_tags(tags, scheme)
    check_tags(mended, scheme)
    assert read_spans(mended) == read_spans(tags)


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("IOB1", "I-X I-X B-X O I-X I-Y"),
        ("BIO", "B-X I-X B-X O B-X B-Y"),
        ("BIOES", "B-X E-X S-X O S-X S-Y"),
        ("BILOU", "B-X L-X U-X O U-X U-Y"),
    ],
)
def test_every_scheme_as_it_is_written(scheme, tags):
    spans = [("X", 0, 2), ("X", 2, 3), ("X", 4, 5), ("Y", 5, 6)]
    assert write_spans(spans, 6, scheme) == tags.split()
    assert read_spans(tags.split()) == spans
    assert detect_scheme([["O"], tags.split()]) == scheme


def test_what_has_no_scheme():
    assert detect_scheme([["NOUN", "VERB"]]) is None
    assert detect_scheme([["O", "I-X"], ["B-X", "I-X"]]) is None  # IOB1 beside BIO
    assert detect_scheme([["O"]]) == "BIO"
    assert convert_tags(["DET", "NOUN"], "BIOES") == ["DET", "NOUN"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_constraints_allow_the_sequences_of_a_scheme_and_no_others(scheme):
    names = {"IOB1": "BI", "BIO": "BI", "BIOES": "BIES", "BILOU": "BILU"}[scheme]
    labels = ["O", *map("-".join, itertools.product(names, "XY"))]
    start, between, end = allowed_transitions(labels, scheme)
    for length in (1, 2, 3):
        for path in itertools.product(range(len(labels)), repeat=length):
            inner = all(between[a, b] for a, b in itertools.pairwise(path))
            tags = [labels[i] for i in path]
            # A legal sequence is one that its own spans are written as.
            legal = write_spans(read_spans(tags), length, scheme) == tags
            assert (start[path[0]] and inner and end[path[-1]]) == legal, tags


def test_constraints_are_arrays_of_truth_values():
    start, between, end = allowed_transitions(["O", "B-X", "I-X"], "BIO")
    np.testing.assert_array_equal(start, [True, True, False])
    np.testing.assert_array_equal(between, [[1, 1, 0], [1, 1, 1], [1, 1, 1]])
    assert end.all()
    assert not may_follow("B-X", None, "BIOES")


@pytest.mark.parametrize(
    ("tags", "scheme", "message"),
    [
        ("O I-X", "BIO", r"tag 1 \('I-X'\) must not stand behind 'O' in BIO"),
        ("I-X", "BIO", r"tag 0 \('I-X'\) must not stand at the beginning of a sentence"),
        ("B-X I-Y", "BIO", "must not stand behind 'B-X' in BIO"),
        ("O B-X", "IOB1", "must not stand behind 'O' in IOB1"),
        ("B-X", "BIOES", "the end of the sentence must not stand behind 'B-X' in BIOES"),
        ("B-X O", "BIOES", r"tag 1 \('O'\) must not stand behind 'B-X'"),
        ("E-X", "BIO", "one of O, B-type, I-type. Received: tag 0, 'E-X'"),
        ("O", "IOB2", "one of IOB1, BIO, BIOES, BILOU. Received: 'IOB2'"),
    ],
)
def test_errors(tags, scheme, message):
    with pytest.raises(ValueError, match=message):
        check_tags(tags.split(), scheme)
