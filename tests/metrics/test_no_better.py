"""Measures that are no better than those of a guess that looks at no text."""

import numpy as np

from keras_elmo.metrics import (
    answer_report,
    classification_report,
    multi_label_report,
    regression_report,
    sequence_report,
    span_f1,
)
from keras_elmo.metrics.no_better import than_nothing, than_one_label, than_the_mean

GOLD = ["a", "a", "a", "b"]


def test_one_label():
    def line(predicted, gold=GOLD):
        return than_one_label(classification_report(gold, predicted, ["a", "b"]))

    assert line(["a"] * 4) == "accuracy 0.750 is no better than always 'a' (0.750)"
    assert line(["b", "a", "a", "a"]).startswith("accuracy 0.500 is no better")
    assert line(GOLD) == ""
    assert line(["a"] * 4, ["a"] * 4) == ""  # there is nothing to be better at


def test_any_number_of_labels():
    gold = [["a"], ["a", "b"]]
    assert "F1 0" in than_one_label(multi_label_report(gold, [[], []], ["a", "b"]))
    assert than_one_label(multi_label_report(gold, [["a"], []], ["a", "b"])) == ""


def test_spans():
    """However many tokens are outside."""
    gold = [["O", "O", "O", "B-PER"]]
    nothing, found = span_f1(gold, [["O"] * 4]), span_f1(gold, gold)
    assert than_one_label({"accuracy": 0.75, **nothing}) == "no span is right (F1 0)"
    assert than_one_label({"accuracy": 1.0, **found}) == ""


def test_the_mean():
    gold = [1.0, 2.0, 6.0]
    mean = regression_report(gold, [3.0] * 3)
    assert than_the_mean(mean, gold).startswith("RMSE 2.160 is no better than always the mean")
    assert than_the_mean(regression_report(gold, np.array(gold) + 1.0), gold) == ""
    assert than_the_mean(regression_report([2.0], [2.0]), [2.0]) == ""


def test_nothing_right():
    assert "exact match 0" in than_nothing(sequence_report([["a"]], [["b"]]))
    assert than_nothing(sequence_report([["a"]], [["a"]])) == ""


def test_no_answer_is_no_answer():
    gold = [["May"], []]
    assert "1 questions that have one" in than_nothing(answer_report(gold, ["", ""]))
    assert than_nothing(answer_report(gold, ["May", ""])) == ""
    assert than_nothing(answer_report([[]], [""])) == ""
