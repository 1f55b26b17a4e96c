import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.metrics.classification import (
    classification_report,
    confusion_matrix,
    multi_label_report,
)

LABELS = ["a", "b", "c", "never"]
label = st.sampled_from(LABELS[:3])
label_pairs = st.lists(st.tuples(label, label), min_size=1)
set_pairs = st.lists(st.tuples(st.sets(label), st.sets(label)), min_size=1)


def assert_scores(report, sklearn_scores):
    ours = [list(report["per_class"][name].values()) for name in LABELS]
    np.testing.assert_allclose(ours, np.transpose(sklearn_scores), atol=1e-12)


@settings(deadline=None)  # scikit-learn is loaded on the way
@given(label_pairs)
def test_one_label_agrees_with_scikit_learn(pairs):
    sklearn = pytest.importorskip("sklearn.metrics")
    gold, predicted = map(list, zip(*pairs, strict=True))
    report = classification_report(gold, predicted, LABELS)
    options = {"labels": LABELS, "zero_division": 0}
    assert_scores(report, sklearn.precision_recall_fscore_support(gold, predicted, **options))
    # Without `labels` scikit-learn averages over those that occur.
    macro = sklearn.f1_score(gold, predicted, average="macro", zero_division=0)
    assert report["macro_f1"] == pytest.approx(macro)
    matrix = sklearn.confusion_matrix(gold, predicted, labels=LABELS)
    assert (report["labels"], report["confusion_matrix"]) == (LABELS, matrix.tolist())
    accuracy = sklearn.accuracy_score(gold, predicted)
    assert report["accuracy"] == pytest.approx(accuracy)
    assert report["micro_f1"] == pytest.approx(accuracy)


@settings(deadline=None)
@given(set_pairs)
def test_several_labels_agree_with_scikit_learn(pairs):
    sklearn = pytest.importorskip("sklearn.metrics")
    gold, predicted = zip(*pairs, strict=True)
    report = multi_label_report(gold, predicted, LABELS)
    y_true, y_pred = (
        [[name in row for name in LABELS] for row in rows] for rows in (gold, predicted)
    )
    y_true, y_pred = np.array(y_true, int), np.array(y_pred, int)
    scores = sklearn.precision_recall_fscore_support(y_true, y_pred, zero_division=0)
    assert_scores(report, scores)
    micro = sklearn.f1_score(y_true, y_pred, average="micro", zero_division=0)
    assert report["micro_f1"] == pytest.approx(micro)
    # With NaN scikit-learn leaves those out that occur nowhere.
    if (y_true | y_pred).any():
        macro = sklearn.f1_score(y_true, y_pred, average="macro", zero_division=np.nan)
        assert report["macro_f1"] == pytest.approx(macro)
    assert report["subset_accuracy"] == pytest.approx(sklearn.accuracy_score(y_true, y_pred))


def test_classes_that_occur_nowhere_do_not_count_in_averages():
    gold, predicted = ["a", "a", "b"], ["a", "a", "b"]
    assert classification_report(gold, predicted, LABELS)["macro_f1"] == 1
    sets = [[label] for label in gold]
    assert multi_label_report(sets, sets, LABELS)["macro_f1"] == 1
    # One that is only predicted, or never, does.
    assert classification_report(gold, ["a", "a", "c"], LABELS)["macro_f1"] == pytest.approx(1 / 3)
    assert multi_label_report([[], []], [[], []], LABELS)["macro_f1"] == 0


def test_rows_of_the_confusion_matrix_are_gold():
    matrix = confusion_matrix([0, 0, 1, 2], [0, 1, 1, 1], 3)
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        ([], [], "Received: 0 and 0"),
        (["a"], ["a", "b"], "Received: 1 and 2"),
        (["unseen"], ["a"], "Received: 'unseen'"),
    ],
)
def test_what_cannot_be_compared_is_refused(gold, predicted, message):
    with pytest.raises(ValueError, match=message):
        classification_report(gold, predicted, LABELS)


def test_ids_outside_the_matrix_are_refused():
    with pytest.raises(ValueError, match=r"from 0 to 1\. Received: ids from -1 to 2"):
        confusion_matrix([0, -1], [2, 0], 2)


def test_a_string_is_no_set_of_labels():
    with pytest.raises(ValueError, match="Received: a string"):
        multi_label_report(["ab"], [["a"]], LABELS)
