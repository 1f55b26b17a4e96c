"""Ids of Unicode characters: as ELMoForManyLangs computed them, by its golden file."""

import json

import numpy as np
import pytest
from support import shared_file

from keras_elmo.text.unicode_characters import MARKS, UnicodeCharacterEncoder
from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.weights.detection import load_elmo

CHARACTERS = ["a", "b", *MARKS]


def test_golden_ids():
    folder = shared_file("data/golden/elmoformanylangs/cnn_elmo_word_char")
    sentences = json.loads((folder.parent / "sentences.json").read_text(encoding="utf-8"))
    elmo = load_elmo(folder)
    encoder = UnicodeCharacterEncoder(elmo.characters)
    with np.load(folder / "golden.npz") as file:
        for row, i in zip(file["char_ids"], file["order"], strict=True):
            expected = row[: len(sentences[i]) + 2] + 1
            found = encoder.encode([sentences[i]])[0]
            np.testing.assert_array_equal(found, expected[1:-1])
            np.testing.assert_array_equal(encoder.bos, expected[0])
            np.testing.assert_array_equal(encoder.eos, expected[-1])


def test_words_stand_before_characters():
    words = Vocabulary(["<S>", "</S>", "<UNK>", "ab"])
    encoder = UnicodeCharacterEncoder(CHARACTERS, words, 5)
    ids = encoder.encode([["ab", "abba"], ["é"]], 3)
    bow, eow, pad, oov = (
        CHARACTERS.index(mark) + 1 for mark in ("<eow>", "<bow>", "<pad>", "<oov>")
    )
    np.testing.assert_array_equal(ids[0, 0], [4, bow, 1, 2, eow, pad])
    np.testing.assert_array_equal(ids[0, 1], [3, bow, 1, 2, 2, eow])
    np.testing.assert_array_equal(ids[1, 0], [3, bow, oov, eow, pad, pad])
    assert not ids[0, 2].any()
    assert not ids[1, 1:].any()
    assert encoder.bos[0] == 1
    assert encoder.eos[0] == 2


def test_refusals():
    with pytest.raises(ValueError, match="without <eow>"):
        UnicodeCharacterEncoder(CHARACTERS[:-1])
    with pytest.raises(ValueError, match="at least 3"):
        UnicodeCharacterEncoder(CHARACTERS, None, 2)
