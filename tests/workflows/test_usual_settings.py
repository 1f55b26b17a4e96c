"""How long a training lasts where that is not said."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.data.datasets import Dataset
from keras_elmo.workflows.usual_settings import (
    EPOCHS,
    MIN_PATIENCE_STEPS,
    MIN_STEPS,
    MOST_TEXTS,
    PATIENCE,
    takes_ngrams,
    training_length,
)

COUNTS = st.integers(1, 10**6)


@given(COUNTS, st.integers(1, 256))
def test_small_data_have_enough_steps_and_patience(examples, batch_size):
    length = training_length(examples, batch_size)
    batches = -(-examples // batch_size)
    assert length.epochs >= EPOCHS
    assert length.epochs * batches >= MIN_STEPS
    assert length.epochs == EPOCHS or (length.epochs - 1) * batches < MIN_STEPS
    assert length.patience >= PATIENCE
    assert length.patience * batches >= MIN_PATIENCE_STEPS
    assert length.patience < length.epochs


@given(COUNTS, st.integers(1, 256), st.integers(1, 99), st.integers(1, 99))
def test_what_is_said_counts(examples, batch_size, epochs, patience):
    length = training_length(examples, batch_size, epochs, patience)
    assert (length.epochs, length.patience) == (epochs, patience)
    again = training_length(examples, batch_size, length.epochs, length.patience)
    assert (again.epochs, again.patience) == (epochs, patience)


def test_a_limit_of_steps_is_in_place_of_the_floor():
    assert training_length(64, 32, steps=7).epochs == 4  # of two batches, the last one of one
    assert training_length(64, 32, epochs=2, steps=7).epochs == 2
    assert training_length(1, 32, steps=1).epochs == 1


def test_the_line_says_what_was_chosen_and_why():
    small = training_length(30, 32)
    assert small.line.startswith(f"at most {MIN_STEPS:,} epochs of 1 step (the data are small")
    assert "10 epochs of 3,125 steps (the usual ones)" in training_length(100_000, 32).line
    assert "2 epochs of 1 step (as said)" in training_length(30, 32, 2).line
    assert "none ends early" in training_length(30, 32, 2, 5).line


def test_ngrams_are_for_a_label_a_text():
    texts = Dataset("a.tsv", "classification", ["good", "bad"], ["1", "0"], [1, 2])
    assert takes_ngrams(texts, texts)
    assert not takes_ngrams(texts, None)
    assert not takes_ngrams(texts, texts, "balanced")
    many = [0] * (MOST_TEXTS + 1)
    assert not takes_ngrams(texts.rows(many), texts)
    for kind in ("multi-label", "pair", "tagging"):
        assert not takes_ngrams(replace(texts, kind=kind), texts)


@pytest.mark.parametrize("name", ["epochs", "patience", "steps"])
def test_nothing_to_train(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1"):
        training_length(30, 32, **{name: 0})
