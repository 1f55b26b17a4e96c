"""Sentences to arrays: each array against the encoders of the text room, and bad input named."""

import keras
import numpy as np
import pytest

from keras_elmo import ElmoPreprocessor
from keras_elmo.text import CharacterEncoder, Vocabulary

WORDS = ["<S>", "</S>", "<UNK>", "profit", "rose"]


@pytest.mark.portable
def test_strings_and_token_lists_give_the_same_arrays():
    preprocessor = ElmoPreprocessor("words", word_vocabulary=WORDS)
    tokens = [["Profit", "rose", "."], ["It", "is", "n't", "bad", "."], []]
    arrays = preprocessor(["Profit rose.", "It isn't bad.", ""])
    np.testing.assert_array_equal(arrays["character_ids"], CharacterEncoder(50).encode(tokens))
    assert arrays["padding_mask"].sum(axis=1).tolist() == [3, 5, 0]
    # "Profit" is not in the vocabulary but "profit" is.
    np.testing.assert_array_equal(arrays["word_ids"][0], [4, 5, 3, 0, 0])
    for name, array in preprocessor(tokens).items():
        np.testing.assert_array_equal(array, arrays[name])


def test_word_input_models_get_word_ids():
    arrays = ElmoPreprocessor("whitespace", vocabulary=WORDS)(["profit fell", "rose"])
    assert set(arrays) == {"token_ids", "padding_mask"}
    expected = Vocabulary(WORDS).encode([["profit", "fell"], ["rose"]])
    np.testing.assert_array_equal(arrays["token_ids"], expected)


def test_there_is_always_a_step_and_a_length_cuts_or_pads():
    preprocessor = ElmoPreprocessor("whitespace")
    assert preprocessor([""])["character_ids"].shape == (1, 1, 50)
    assert preprocessor(["a b c"], length=2)["padding_mask"].tolist() == [[True, True]]
    assert preprocessor(["a"], length=3)["padding_mask"].tolist() == [[True, False, False]]


def test_the_configuration_makes_it_anew(tmp_path):
    preprocessor = ElmoPreprocessor("whitespace", max_characters_per_token=9, word_vocabulary=WORDS)
    config = keras.saving.serialize_keras_object(preprocessor)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == preprocessor.get_config()


@pytest.mark.parametrize("bad", [[1, 2], [["a", 3]], [None]])
def test_what_is_no_sentence_is_named(bad):
    with pytest.raises(ValueError, match=r"a string or a list of tokens.*sentence 0"):
        ElmoPreprocessor()(bad)
