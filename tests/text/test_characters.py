import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.text.characters import BOW_CHAR, EOW_CHAR, PAD_CHAR, CharacterEncoder

words = st.text(max_size=12)


def test_ids_counted_by_hand():
    # All + 1: c a f are 99 97 102, é is the bytes 195 169, bow is 258, eow 259, pad 260.
    ids = CharacterEncoder(9).encode_word("café").tolist()
    assert ids == [259, 100, 98, 103, 196, 170, 260, 261, 261]


def test_boundary_rows():
    encoder = CharacterEncoder(5)
    assert encoder.bos.tolist() == [259, 257, 260, 261, 261]
    assert encoder.eos.tolist() == [259, 258, 260, 261, 261]


def test_the_cut_may_split_a_character():
    assert CharacterEncoder(4).encode_word("aé").tolist() == [259, 98, 196, 260]
    long = CharacterEncoder(50).encode_word("x" * 300)
    assert long.tolist() == [259, *[121] * 48, 260]


@given(words)
def test_a_word_that_fits_can_be_read_back(word):
    ids = CharacterEncoder(64).encode_word(word).tolist()
    end = ids.index(EOW_CHAR)
    assert ids[0] == BOW_CHAR
    assert set(ids[end + 1 :]) <= {PAD_CHAR}
    assert bytes(i - 1 for i in ids[1:end]).decode() == word


@given(st.lists(st.lists(words, max_size=4), max_size=4), st.none() | st.integers(0, 6))
def test_a_batch_is_its_words_cut_or_padded_with_zero(sentences, length):
    encoder = CharacterEncoder(10)
    ids = encoder.encode(sentences, length)
    time = max(map(len, sentences), default=0) if length is None else length
    assert (ids.shape, ids.dtype) == ((len(sentences), time, 10), np.int32)
    for rows, sentence in zip(ids, sentences, strict=True):
        for step in range(time):
            word = sentence[step] if step < len(sentence) else None
            expected = np.zeros(10) if word is None else encoder.encode_word(word)
            np.testing.assert_array_equal(rows[step], expected)


def test_cached_rows_cannot_be_spoiled():
    with pytest.raises(ValueError, match="read-only"):
        CharacterEncoder().encode_word("word")[0] = 0


@pytest.mark.parametrize("sentences", ["two words", ["two words"], [["word", 2]]])
def test_what_is_no_list_of_tokens_is_refused(sentences):
    with pytest.raises(ValueError, match="Received"):
        CharacterEncoder().encode(sentences)


def test_a_width_without_room_for_a_byte_is_refused():
    with pytest.raises(ValueError, match="Received: max_characters_per_token=2"):
        CharacterEncoder(2)
