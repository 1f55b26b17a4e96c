"""Error rates against a breadth-first search over all edits, and known values."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.data.kinds import KINDS
from keras_elmo.metrics.sequences import (
    SacrebleuMissingError,
    closest,
    edit_distance,
    exact_match,
    sequence_report,
    token_error_rate,
    translation_report,
)


def by_search(start, goal, alphabet):
    """The number of single edits from one string to another, by trying all of them."""
    reached, distance = {start}, 0
    while goal not in reached:
        longest = max(len(start), len(goal))
        edited = set()
        for text in reached:
            for i in range(len(text) + 1):
                edited |= {text[:i] + c + text[i:] for c in alphabet if len(text) < longest}
                if i < len(text):
                    edited |= {text[:i] + c + text[i + 1 :] for c in ("", *alphabet)}
        reached |= edited
        distance += 1
    return distance


short = st.text("ab", max_size=4)


@given(short, short)
def test_the_edit_distance_is_the_shortest_way(gold, predicted):
    assert edit_distance(gold, predicted) == by_search(gold, predicted, "ab")


@given(*[st.lists(st.sampled_from("abc"), max_size=9)] * 3)
def test_the_edit_distance_is_a_metric(a, b, c):
    assert edit_distance(a, b) == edit_distance(b, a)
    assert (edit_distance(a, b) == 0) == (a == b)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)
    assert abs(len(a) - len(b)) <= edit_distance(a, b) <= max(len(a), len(b))


def test_error_rates_are_over_all_tokens():
    gold = [["K", "AE", "T"], ["D", "AO", "G"], ["IH", "T"]]
    predicted = [["K", "AE", "T"], ["D", "AA", "G", "Z"], []]
    report = sequence_report(gold, predicted)
    assert report["tokens"] == 8
    assert report["token_error_rate"] == 4 / 8
    assert report["exact_match"] == pytest.approx(1 / 3)
    assert report["sequence_error_rate"] == pytest.approx(2 / 3)
    assert token_error_rate(gold, [[], [], []]) == 1.0
    assert exact_match(["a", "b"], ["a", "b"]) == 1.0


def test_the_closest_reference_counts():
    references = [[["T", "AH", "M"], ["T", "AA", "M"]], [["A"]]]
    assert closest(references, [["T", "AA", "N"], []]) == [["T", "AA", "M"], ["A"]]
    with pytest.raises(ValueError, match="none for input 1"):
        closest([[["A"]], []], [["A"], ["A"]])


def test_nothing_to_measure_is_said():
    for measure in (exact_match, token_error_rate, translation_report, closest):
        with pytest.raises(ValueError, match="Received: 1 and 2"):
            measure([["a"]], [["a"], ["b"]])
        with pytest.raises(ValueError, match="at least one"):
            measure([], [])
    with pytest.raises(ValueError, match="gold must hold tokens"):
        token_error_rate([[]], [["a"]])


def test_bleu_and_chrf():
    pytest.importorskip("sacrebleu")
    gold = ["the cat sat on the mat", "a dog barked at the old gate"]
    same = translation_report(gold, gold)
    assert same == {"bleu": pytest.approx(100.0), "chrf": pytest.approx(100.0)}
    found = translation_report(gold, ["the cat sat on a mat", "a dog barked at the gate"])
    # Clipped matches of 1 to 4 words over all n-grams, and the brevity penalty of 12 words to 13.
    precisions = [11 / 12, 7 / 10, 5 / 8, 3 / 6]
    expected = np.exp(np.log(precisions).mean() + 1 - 13 / 12)
    assert found["bleu"] == pytest.approx(100 * expected, abs=1e-6)
    assert 0 < found["chrf"] < 100


def test_without_sacrebleu_the_fix_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics.bleu", None)
    with pytest.raises(SacrebleuMissingError, match=r'pip install "keras-elmo\[translation\]"'):
        translation_report(["a"], ["a"])


def test_without_sacrebleu_no_training_begins_that_needs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    assert KINDS["seq2seq"].selection([], "exact_match").metric == "exact_match"
    with pytest.raises(SacrebleuMissingError, match=r'pip install "keras-elmo\[translation\]"'):
        KINDS["seq2seq"].selection([], "chrf")
