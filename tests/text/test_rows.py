"""Rows of any container: by position, as plain values, and what is refused."""

from collections import namedtuple

import numpy as np
import pytest
from containers import BYTES, COLUMNS, LISTS, filled

from keras_elmo.text.rows import as_rows, is_missing

TEXTS = ["a joy", "naïve", "", "dull"]
TOKENS = [["a", "joy"], ["dull"], ["two", "lost", "hours"]]


@pytest.mark.parametrize("form", COLUMNS | BYTES)
def test_a_column_of_strings_is_read_by_position(form):
    assert as_rows((COLUMNS | BYTES)[form](TEXTS), "x") == TEXTS


@pytest.mark.parametrize("values", [[3, 1, 2], [0.5, 2.0, 1.5], [True, False, True]])
@pytest.mark.parametrize("form", [form for form in COLUMNS if form != "(n, 1)"])
def test_a_column_of_numbers_is_one_of_python_s_own(form, values):
    found = as_rows(COLUMNS[form](values), "y")
    assert found == values
    assert {type(value) for value in found} == {type(value) for value in values}


@pytest.mark.parametrize("form", LISTS)
def test_lists_of_tokens_stay_lists(form):
    assert [list(row) for row in as_rows(LISTS[form](TOKENS), "x")] == TOKENS


def test_what_fills_up_an_array_of_tokens_is_left_out():
    assert as_rows(filled(TOKENS), "x") == TOKENS
    assert as_rows(filled(TOKENS).astype(object), "x") == TOKENS
    assert as_rows(np.array([["", "a"], ["b", ""]]), "x") == [["", "a"], ["b"]]


def test_numbers_of_a_matrix_stay_rows():
    assert as_rows(np.array([[0, 1], [0, 0]]), "y") == [[0, 1], [0, 0]]
    assert as_rows(np.array([[2], [0]]), "y") == [[2], [0]]


def test_strings_of_numpy_become_python_s_own_wherever_they_stand():
    row = np.array(["a", "b"])
    for given in ([*row], [list(row)], [("a", row[1])], [[("a", row[1])]]):
        found = leaves(as_rows(given, "x"))
        assert [(type(leaf), leaf) for leaf in found] == [(str, "a"), (str, "b")], given


def leaves(value):
    if not isinstance(value, list | tuple):
        return [value]
    return [leaf for part in value for leaf in leaves(part)]


def test_named_tuples_stay_what_they_are():
    question = namedtuple("Question", "question passage")("Who?", "Ada.")
    [found] = as_rows([question], "x")
    assert found is question


def test_a_series_whose_rows_are_called_like_methods_is_still_a_series():
    pandas = pytest.importorskip("pandas")
    series = pandas.Series(["a", "b", "c"], index=["columns", "to_pylist", "numpy"])
    assert as_rows(series, "x") == ["a", "b", "c"]


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow", "datasets"])
def test_a_frame_of_several_columns_is_refused_with_what_to_write(library):
    module = pytest.importorskip(library)
    columns = {"text": ["a", "b"], "label": ["x", "y"]}
    make = {
        "pandas": lambda: module.DataFrame(columns),
        "polars": lambda: module.DataFrame(columns),
        "pyarrow": lambda: module.table(columns),
        "datasets": lambda: module.Dataset.from_dict(columns),
    }[library]
    with pytest.raises(ValueError, match=r"`x` must be one column.*text, label.*x=frame\['text'\]"):
        as_rows(make(), "x")
    records = np.array([("a", 1), ("b", 2)], dtype=[("text", "U1"), ("label", int)])
    with pytest.raises(ValueError, match="2 columns, text, label"):
        as_rows(records, "x")


@pytest.mark.parametrize("values", ["a b", b"a", {"a": 1}, {"a", "b"}, 3, 1.5, None, np.array(3)])
def test_what_has_no_rows_in_an_order_is_refused(values):
    with pytest.raises(TypeError, match=r"`y` must hold rows in an order.*Received: "):
        as_rows(values, "y")


def test_bytes_that_are_not_utf_8_are_refused():
    with pytest.raises(ValueError, match="`x` must be strings"):
        as_rows([b"caf\xe9"], "x")


def test_missing_values_are_told():
    pandas = pytest.importorskip("pandas")
    assert all(map(is_missing, [None, float("nan"), pandas.NA, pandas.NaT]))
    assert not any(map(is_missing, ["", 0, False, [], 0.0]))
