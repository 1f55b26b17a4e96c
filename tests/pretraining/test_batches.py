"""Batches hold every sentence once, unpadded, with the right targets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import small_backbone, to_numpy

from keras_elmo.pretraining.batches import (
    BatchMaker,
    TypeCharacters,
    batch_plan,
    full_softmax_batches,
)
from keras_elmo.pretraining.candidates import LogUniformSampler
from keras_elmo.pretraining.corpus import encode_sentences
from keras_elmo.text.characters import CharacterEncoder
from keras_elmo.text.vocabulary import MARKS

WORDS = [*MARKS, "the", "of", "dog", "barks"]
SENTENCES = [["the", "dog", "barks"], ["of", "rareword", "the"], ["dog", "<UNK>", "of"]]


@settings(max_examples=50, deadline=None)
@given(
    lengths=st.lists(st.integers(0, 6), min_size=1, max_size=40),
    tokens_per_batch=st.integers(1, 30),
)
def test_an_epoch_has_every_sentence_once(lengths, tokens_per_batch):
    corpus = encode_sentences([["dog"] * length for length in lengths], WORDS)
    plan = batch_plan(corpus, tokens_per_batch, np.random.default_rng(0))
    kept = [i for i, length in enumerate(lengths) if length > 0]
    assert sorted(i for batch in plan for i in batch) == kept
    for batch in plan:
        (length,) = {lengths[i] for i in batch}  # all alike: nothing is padded
        assert len(batch) == 1 or len(batch) * (length + 1) <= tokens_per_batch


def test_epochs_are_shuffled_and_repeatable():
    corpus = encode_sentences([["dog"] * (1 + i % 3) for i in range(60)], WORDS)

    def epoch(seed):
        return [tuple(batch) for batch in batch_plan(corpus, 12, np.random.default_rng(seed))]

    assert epoch(1) == epoch(1)
    assert epoch(1) != epoch(2)
    lengths = [1 + batch[0] % 3 for batch in epoch(1)]
    assert lengths != sorted(lengths)  # short and long sentences mixed


def test_batch_by_brute_force():
    corpus = encode_sentences(SENTENCES, WORDS)
    characters = TypeCharacters(corpus.types, 8)
    encoder, sampler = CharacterEncoder(8), LogUniformSampler(6, 3)
    rows = np.array([2, 0, 1])
    maker = BatchMaker(characters, 6, sampler)
    batch = maker.of_sentences(corpus, rows, np.random.default_rng(1))

    (group,) = batch["type_characters"]  # rows of 8 are too short to be shortened
    spelt = group[batch["type_index"]]  # (2, 3, 4, 8)
    known = {word: i for i, word in enumerate(WORDS[:6])}  # "barks" is beyond the softmax
    for row, sentence in enumerate(SENTENCES[i] for i in rows):
        words = [encoder.encode_word(word) for word in sentence]
        np.testing.assert_array_equal(spelt[0, row], [encoder.bos, *words])
        np.testing.assert_array_equal(spelt[1, row], [*words, encoder.eos])
        targets = [known.get(word, 2) for word in sentence]
        np.testing.assert_array_equal(batch["targets"][0, row], [*targets, 1])
        np.testing.assert_array_equal(batch["targets"][1, row], [0, *targets])

    candidates, log_counts = sampler.sample(np.random.default_rng(1))
    np.testing.assert_array_equal(batch["candidates"], candidates)
    np.testing.assert_array_equal(batch["candidate_log_counts"], log_counts[candidates])
    np.testing.assert_array_equal(batch["target_log_counts"], log_counts[batch["targets"]])


@pytest.mark.portable
def test_words_spelt_in_groups_have_the_vectors_of_words_spelt_in_full():
    """Every width has a word that just fits, one that just does not, and one that is cut."""
    words = ["a" * length for length in (1, 8, 9, 10, 16, 17, 18, 43, 44, 47, 48, 49, 60)]
    types = [*MARKS, *words, "naïve", ""]
    backbone, *_ = small_backbone(max_characters_per_token=50, char_filters=[[1, 4], [3, 4]])
    characters = TypeCharacters.of_model(types, backbone)
    groups, place = characters.spell(np.arange(len(types)))
    assert [group.shape[1] for group in groups] == [16, 24, 50]
    assert all(len(group) for group in groups)
    vectors = np.concatenate([to_numpy(backbone.word_layer(group)) for group in groups])[place]
    expected = to_numpy(backbone.word_layer(characters.table.astype("int32")))
    np.testing.assert_allclose(vectors, expected, atol=1e-6)

    groups, place = characters.spell(np.arange(4))  # short words only: the other groups are spare
    assert [group.shape[1] for group in groups] == [16, 24, 50]
    vectors = np.concatenate([to_numpy(backbone.word_layer(group)) for group in groups])[place]
    np.testing.assert_allclose(vectors, expected[:4], atol=1e-6)


def test_full_softmax_batches_for_evaluation():
    corpus = encode_sentences([*SENTENCES, ["dog"]], WORDS)
    batches = list(full_softmax_batches(corpus, TypeCharacters(corpus.types), 6))
    assert sorted(batch["targets"].shape for batch in batches) == [(2, 1, 2), (2, 3, 4)]
    assert all("candidates" not in batch for batch in batches)
