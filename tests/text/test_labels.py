"""Labels are what the user calls them: every spelling of them, in both directions."""

import numpy as np
import pytest

from keras_elmo.text.labels import LabelEncoder, class_labels


@pytest.mark.parametrize(
    ("labels", "y", "ids"),
    [
        (["neg", "pos"], ["pos", "neg"], [1, 0]),
        ([1, 2, 3], [1, 2, 1], [0, 1, 0]),
        ([1, 0], [1, 0], [0, 1]),
        (["1", "2", "3"], [1, 2, 1], [0, 1, 0]),
        ([0, 4], [0, 4], [0, 1]),
        ([-1, 1], [-1, 1], [0, 1]),
        (["-1", "1"], [-1, 1], [0, 1]),
        ([1, 2], ["2", "1"], [1, 0]),
        ([1, 2], [2.0, 1.0], [1, 0]),
        ([3, 4], [[3], [4]], [0, 1]),  # a column (n, 1)
        ([0, 1], [True, False], [1, 0]),
        ([True, False], [1, 0], [0, 1]),
        (["False", "True"], [True, False], [1, 0]),
        (["no", "yes"], [True, False], [1, 0]),
        ([0.5, 1.5], [1.5, 0.5], [1, 0]),
        # No label is a number: integers are class numbers.
        (["neg", "pos"], [0, 1, 1.0], [0, 1, 1]),
        (["1st", "2nd"], [0, 1], [0, 1]),
        (["a", 2], ["a", 2], [0, 1]),
    ],
)
@pytest.mark.parametrize("form", [list, np.array])
def test_a_label_means_itself(labels, y, ids, form):
    given = y if isinstance(y[0], str) or len({type(v) for v in y}) > 1 else form(y)
    assert LabelEncoder(labels).encode(given).tolist() == ids


@pytest.mark.parametrize(
    ("labels", "label"),
    [
        ([1, 2, 3], 0),  # no class number where labels are numbers
        (["1", "2"], 0),
        (["a", 2], 0),
        (["neg", "pos"], 2),
        (["neg", "pos"], -1),
        (["neg", "pos"], 0.5),
        (["neg", "pos"], "Pos"),
        (["neg", "pos"], None),
        (["neg", "pos"], float("nan")),
        (["neg", "pos"], ["neg", "pos"]),
        ([0, 1], [0, 1, 0]),
    ],
)
def test_what_is_no_label_is_refused(labels, label):
    with pytest.raises(ValueError, match=r"label 1 must be one of the model's labels: .*Received"):
        LabelEncoder(labels).encode([labels[0], label])


def test_one_hot_rows_are_refused_with_the_line_that_works():
    with pytest.raises(ValueError, match=r"y\.argmax\(axis=1\)"):
        LabelEncoder(["a", "b", "c"]).encode(np.eye(3, dtype=int))


@pytest.mark.parametrize(
    "labels",
    [["a", "b"], [2, 0], [True, False], [0.5, 1.0], np.array([3, 1]), np.array(["a", "b"])],
)
def test_labels_come_back_as_they_were_given(labels):
    encoder = LabelEncoder(labels)
    found = encoder.decode([1, 0, 1])
    wanted = list(labels)
    assert found == [wanted[1], wanted[0], wanted[1]]
    assert not any(isinstance(label, np.generic) for label in found)
    assert encoder.names == [str(label) for label in encoder.labels]


@pytest.mark.parametrize("labels", [["a"], ["a", "a"], [1, 1.0], [1, "1"], [0, False], []])
def test_labels_must_be_different(labels):
    with pytest.raises(ValueError, match="at least two different classes"):
        LabelEncoder(labels)


@pytest.mark.parametrize("label", [None, float("nan"), ["a"], {"a": 1}])
def test_a_label_is_a_string_or_a_number(label):
    with pytest.raises(ValueError, match="a label must be a string"):
        LabelEncoder(["a", label])


def test_classes_without_names_are_numbers():
    assert class_labels(None, 3) == [0, 1, 2]
    assert class_labels(np.array(["a", "b"]), 2) == ["a", "b"]
    for labels, count in [(None, None), (["a", "b"], 3)]:
        with pytest.raises(ValueError, match="Give `labels`, or `num_classes`"):
            class_labels(labels, count)
    with pytest.raises(ValueError, match=r"labels=sorted\(labels\)"):
        class_labels({"a", "b"}, None)


# === Several labels ===

MATRIX = [[0, 0, 1], [1, 1, 0], [0, 0, 0], [1, 1, 1]]
SETS = [["c"], ["a", "b"], [], ["a", "b", "c"]]


def _sparse(rows):
    scipy = pytest.importorskip("scipy.sparse")
    return scipy.csr_matrix(rows)


def _frame(rows):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(rows, columns=["a", "b", "c"], index=[3, 1, 0, 2])
    return frame[["c", "a", "b"]]  # columns go by their names, rows by position


@pytest.mark.parametrize(
    "form",
    [
        np.array,
        lambda rows: np.array(rows, bool),
        lambda rows: np.array(rows, np.float32),
        lambda rows: rows,
        lambda rows: [list(map(bool, row)) for row in rows],
        _sparse,
        _frame,
        lambda rows: SETS,
        lambda rows: [set(names) for names in SETS],
        lambda rows: [tuple(reversed(names)) for names in SETS],
        lambda rows: [np.flatnonzero(row) for row in rows],
    ],
)
def test_several_labels_are_lists_or_a_matrix(form):
    encoder = LabelEncoder(["a", "b", "c"])
    found = encoder.read_sets(form(MATRIX))
    assert list(map(set, found)) == list(map(set, SETS))
    assert encoder.encode_sets(found).tolist() == MATRIX


def test_one_string_is_one_of_several_labels():
    assert LabelEncoder(["a", "b"]).read_sets(["b", ["a", "b"]]) == [["b"], ["a", "b"]]


def test_two_classes_and_rows_of_both_could_mean_either():
    encoder = LabelEncoder(["a", "b"])
    rows = [[0, 1], [1, 0]]
    with pytest.raises(ValueError, match=r"np\.array\(y\)"):
        encoder.read_sets(rows)
    assert encoder.read_sets(np.array(rows)) == [["b"], ["a"]]
    assert encoder.read_sets([[0, 1], [0, 0]]) == [["b"], []]  # no list of labels has one twice
    assert encoder.read_sets([[0, 1], [0]]) == [["a", "b"], ["a"]]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array([[0, 2, 1]]), "a matrix of labels must hold 0 and 1"),
        (np.array([[0.5, 0.0, 1.0]]), "a matrix of labels must hold 0 and 1"),
        (np.array([[0, 1], [1, 0]]), "a matrix of labels must hold 0 and 1"),
        ([["a", "a"]], "sentence 0 has a label twice"),
        ([[0, 0]], "sentence 0 has a label twice"),
        ([["a"], ["d"]], "sentence 1, label must be one of the model's labels"),
        ([1, 2], "`y` must hold a list of labels for each sentence"),
        ([None], "`y` must hold a list of labels for each sentence"),
    ],
)
def test_what_is_neither_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        LabelEncoder(["a", "b", "c"]).read_sets(y)


def test_columns_that_are_not_the_labels_are_refused():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(ValueError, match=r"the columns of `y` must be the model's labels: a, b"):
        LabelEncoder(["a", "b"]).read_sets(pandas.DataFrame({"a": [1], "c": [0]}))


# === Weights of classes ===


@pytest.mark.parametrize("key", [2, "2", 2.0, np.int64(2)])
def test_a_class_weight_goes_by_the_label(key):
    table = LabelEncoder([1, 2, 3]).class_weights({key: 5.0, 3: 0.0}, np.ones(3))
    assert table.tolist() == [1.0, 5.0, 0.0]


def test_balanced_weights_are_one_on_average():
    counts = np.array([1, 0, 3])
    table = LabelEncoder(["a", "b", "c"]).class_weights("balanced", counts)
    np.testing.assert_allclose(table, [2.0, 1.0, 2 / 3])
    assert table @ counts == pytest.approx(counts.sum())


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, 2.0], r"`class_weight` must be 'balanced' or a dict of label → weight, such as"),
        ("even", "`class_weight` must be 'balanced'"),
        ({0: 1.0}, "class_weight must be one of the model's labels"),
        ({1: -1.0}, "finite numbers of at least 0"),
        ({1: float("inf")}, "finite numbers of at least 0"),
        ({1: "2"}, "finite numbers of at least 0"),
    ],
)
def test_other_class_weights_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        LabelEncoder([1, 2]).class_weights(weights, np.ones(2))
