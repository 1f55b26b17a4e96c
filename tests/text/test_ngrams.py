"""N-grams against a brute-force reading of their definition."""

from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.text.ngrams import character_ngrams, word_ngrams

WORDS = st.lists(st.text("aBcÄ1-", min_size=1, max_size=6), max_size=6)


@given(WORDS)
def test_words_and_pairs_of_neighbours(tokens):
    lower = " ".join(tokens).lower().split()
    pairs = {f"{lower[i]} {lower[i + 1]}" for i in range(len(lower) - 1)}
    assert word_ngrams(tokens) == set(lower) | pairs


@given(WORDS)
def test_characters_inside_words(tokens):
    padded = [f" {token.lower()} " for token in tokens]
    expected = {
        word[i:j]
        for word in padded
        for i in range(len(word))
        for j in range(i, len(word) + 1)
        if 3 <= j - i <= 5
    }
    assert character_ngrams(tokens) == expected
