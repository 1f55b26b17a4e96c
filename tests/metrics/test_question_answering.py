"""Answers are counted as SQuAD's programs count them: cases by hand, and laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.metrics.question_answering import (
    answer_f1,
    answer_report,
    answer_scores,
    best_threshold,
    exact_match,
    normalised,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Cat,\tsat!", "cat sat"),
        ("U.S.A.", "usa"),
        ("an apple a day", "apple day"),
        ("theatre and another", "theatre and another"),
        ("a-b", "ab"),  # punctuation goes before articles are looked for
        ("a (b)", "b"),
        ("the", ""),
        ("“quoted”", "“quoted”"),  # ASCII punctuation only
    ],
)
def test_normalisation(text, expected):
    assert normalised(text) == expected


def test_f1_by_hand():
    assert answer_f1("1 May 2020", "on 1 May 2020") == pytest.approx(2 * 3 / (3 + 4))
    assert answer_f1("x x y", "x x x") == pytest.approx(2 * 2 / 6)  # x counts twice, not thrice
    assert answer_f1("cat", "dog") == 0.0
    assert answer_f1("", "") == answer_f1("the", "a") == 1.0
    assert answer_f1("", "dog") == answer_f1("dog", "") == 0.0
    assert exact_match("The dog!", "dog") == 1.0


def test_the_best_of_several_answers_counts():
    scores = answer_scores([["May", "1 May 2020"], []], ["the 1 May 2020", "June"])
    np.testing.assert_array_equal(scores, [[1.0, 1.0], [0.0, 0.0]])
    # An answer that vanishes is none, unless another one is left.
    np.testing.assert_array_equal(answer_scores([["the"]], [""]), [[1.0, 1.0]])
    np.testing.assert_array_equal(answer_scores([["the", "dog"]], [""]), [[0.0, 0.0]])


def test_a_report_by_hand():
    gold = [["red house"], ["dog"], [], []]
    report = answer_report(gold, ["a house", "", "", "cat"])
    f1 = 2 / 3
    assert report["exact_match"] == 0.25
    assert report["f1"] == pytest.approx((f1 + 0 + 1 + 0) / 4)
    assert report["has_answer"] == {"exact_match": 0.0, "f1": pytest.approx(f1 / 2), "support": 2}
    assert report["no_answer"] == {"exact_match": 0.5, "f1": 0.5, "support": 2}
    assert answer_report(gold[:2], ["", ""]).keys() == {"exact_match", "f1"}  # version 1.1
    with pytest.raises(ValueError, match="Received: 4 and 1"):
        answer_report(gold, [""])


TEXTS = st.text(st.sampled_from("ab the.,-\n"), max_size=12)


@given(TEXTS, TEXTS)
def test_laws(one, other):
    assert normalised(normalised(one)) == normalised(one)
    assert answer_f1(one, one) == exact_match(one, one) == 1.0
    assert answer_f1(one, other) == answer_f1(other, one)
    assert exact_match(one, other) <= answer_f1(one, other) <= 1.0
    assert answer_f1(one, other.upper()) == answer_f1(one, other)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.5, 1.0]), st.booleans(), st.sampled_from([0.1, 0.4, 0.9])
        ),
        min_size=1,
        max_size=8,
    )
)
def test_no_threshold_is_better(rows):
    scores, has_answer, none = map(np.array, zip(*rows, strict=True))

    def mean(threshold):
        answered = none <= threshold
        return np.where(has_answer, scores * answered, ~answered).mean()

    threshold, best = best_threshold(scores, has_answer, none)
    assert best == pytest.approx(mean(threshold))
    assert best == pytest.approx(max(map(mean, [0.0, 0.1, 0.4, 0.9])))
