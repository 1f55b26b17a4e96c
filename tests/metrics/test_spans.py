from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import classification_report
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2

from keras_elmo.metrics.spans import bio_spans, span_f1

segments = st.lists(st.tuples(st.sampled_from([None, "X", "Y"]), st.integers(1, 4)), max_size=6)


@given(segments)
def test_spans_written_as_tags_are_found_again(segments):
    tags, spans = [], set()
    for span_type, length in segments:
        if span_type is None:
            tags += ["O"] * length
        else:
            spans.add((span_type, len(tags), len(tags) + length))
            tags += [f"B-{span_type}", *[f"I-{span_type}"] * (length - 1)]
    assert bio_spans(tags) == spans


tag = st.sampled_from(["O", *map("-".join, product("BIES", "XY"))])
bio_tag = st.sampled_from(["O", *map("-".join, product("BI", "XY"))])


def pairs_of(tags):
    rows = st.lists(st.tuples(tags, tags), min_size=1, max_size=8)
    return st.lists(rows, min_size=1, max_size=4).map(
        lambda sentences: [
            [list(column) for column in zip(*rows, strict=True)] for rows in sentences
        ]
    )


@given(st.lists(tag, max_size=8))
def test_spans_counted_as_conlleval_are_those_of_seqeval(tags):
    theirs = {(kind, start, end + 1) for kind, start, end in get_entities(tags)}
    assert bio_spans(tags, strict=False) == theirs


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.parametrize("strict", [False, True])
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_scores_are_those_of_seqeval(strict, data):
    gold, predicted = map(list, zip(*data.draw(pairs_of(bio_tag if strict else tag)), strict=True))
    ours = span_f1(gold, predicted, strict=strict)
    found = any(bio_spans(tags, strict=strict) for tags in gold + predicted)
    if not found:  # seqeval cannot make a table of nothing
        return
    mode = {"mode": "strict", "scheme": IOB2} if strict else {}
    theirs = classification_report(gold, predicted, output_dict=True, zero_division=0, **mode)
    rows = {"micro avg": ours, **ours["per_type"]}
    assert ours["macro_f1"] == pytest.approx(theirs["macro avg"]["f1-score"])
    for name, row in rows.items():
        expected = [theirs[name][key] for key in ("precision", "recall", "f1-score", "support")]
        found = [row[key] for key in ("precision", "recall", "f1", "support")]
        assert found == pytest.approx(expected), name


@pytest.mark.parametrize(
    ("tags", "spans"),
    [  # what seqeval's strict mode makes of IOB2, on the cases where schemes differ
        ("I-X I-X O", set()),
        ("O I-X B-X", {("X", 2, 3)}),
        ("B-X I-Y", {("X", 0, 1)}),
        ("B-X I-Y I-X", {("X", 0, 1)}),
        ("B-X B-X I-X", {("X", 0, 1), ("X", 1, 3)}),
        ("B-a-b I-a-b", {("a-b", 0, 2)}),
        ("B I O B", {("_", 0, 2), ("_", 3, 4)}),
        ("", set()),
    ],
)
def test_strict_bio(tags, spans):
    assert bio_spans(tags.split()) == spans


def test_scores_counted_by_hand():
    gold = [["B-X", "I-X", "O", "B-Y"], ["B-X", "O"]]
    predicted = [["B-X", "I-X", "O", "B-X"], ["B-X", "I-X"]]  # right, wrong type, wrong end
    result = span_f1(gold, predicted)
    assert result == {
        "precision": 1 / 3,
        "recall": 1 / 3,
        "f1": 1 / 3,
        "support": 3,
        "macro_f1": 1 / 5,
        "per_type": {
            "X": {"precision": 1 / 3, "recall": 1 / 2, "f1": 2 / 5, "support": 2},
            "Y": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 1},
        },
    }


def test_no_spans_at_all_is_zero_not_an_error():
    assert span_f1([["O"]], [["O"]])["f1"] == 0.0


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        ([["O"]], [], "Received: 1 and 0"),
        ([["O"], ["O"]], [["O"], ["O", "O"]], "sentence 1 .* Received: 1 gold, 2 predicted"),
        ([["S-X"]], [["O"]], "Received: 'S-X'"),
        ([["B-"]], [["O"]], "Received: 'B-'"),
    ],
)
def test_what_cannot_be_compared_is_refused(gold, predicted, message):
    with pytest.raises(ValueError, match=message):
        span_f1(gold, predicted)


def test_any_scheme_counts_where_it_is_not_strict():
    assert bio_spans(["S", "B", "I", "E", "O", "I"], strict=False) == {
        ("_", 0, 1),
        ("_", 1, 4),
        ("_", 5, 6),
    }
    with pytest.raises(ValueError, match="Received: 'NOUN'"):
        bio_spans(["NOUN"], strict=False)
