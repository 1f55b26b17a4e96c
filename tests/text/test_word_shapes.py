import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.text.word_shapes import SHAPES, encode_shapes, word_shape


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ("lower", "word don't élan a"),
        ("upper", "ELMO U.S. AT&T"),
        ("initial", "Word O'clock I Élan"),
        ("mixed", "iPhone McDonald eBay"),
        ("number", "1 1,000.5 -3 10:30"),
        ("mostly_number", "1990s 747s"),
        ("with_digit", "B2B Covid-19 a1"),
        ("other", "-- % 日本"),
    ],
)
def test_shapes(shape, words):
    assert {word_shape(word) for word in words.split()} == {shape}


@given(st.text(min_size=1))
def test_every_word_has_a_shape(word):
    assert word_shape(word) in SHAPES


def test_ids_are_padded_and_cut():
    ids = encode_shapes([["a", "B2B"], [], ["x"] * 5], 3)
    np.testing.assert_array_equal(ids, [[2, 8, 0], [0, 0, 0], [2, 2, 2]])
