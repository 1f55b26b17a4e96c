"""Attention against sums that are written out, and under padding."""

import keras
import numpy as np
import pytest
from support import check_layer_contract, check_padding, to_numpy

from keras_elmo.layers.attention_flow import AttentionFlow, CrossAttention, SelfAttention
from keras_elmo.layers.masking import masked_softmax

RNG = np.random.default_rng(7)
PASSAGE = RNG.normal(size=(3, 5, 4)).astype("float32")
QUESTION = RNG.normal(size=(3, 3, 4)).astype("float32")
LENGTHS, WORDS = (5, 3, 1), (2, 3, 1)
MASK = np.arange(5) < np.array(LENGTHS)[:, None]
WORD_MASK = np.arange(3) < np.array(WORDS)[:, None]


def softmax(x):
    weights = np.exp(x - np.max(x))
    return weights / weights.sum()


def similarity(layer, x, y):
    w_x, w_y, w_both = map(to_numpy, layer.similarity.get_weights())
    return np.array([[w_x @ a + w_y @ b + w_both @ (a * b) for b in y] for a in x])


def flow(layer, h, u):
    scores = similarity(layer, h, u)
    summary = softmax([max(row) for row in scores]) @ h
    rows = []
    for t, row in enumerate(scores):
        told = sum(weight * word for weight, word in zip(softmax(row), u, strict=True))
        rows.append(np.concatenate([h[t], told, h[t] * told, h[t] * summary]))
    return np.array(rows)


def self_attention(layer, h):
    scores = similarity(layer, h, h)
    rows = []
    for t in range(len(h)):
        others = [s for s in range(len(h)) if s != t]
        weights = softmax(scores[t, others]) if others else []
        told = sum((w * h[s] for w, s in zip(weights, others, strict=True)), np.zeros(h.shape[1]))
        rows.append(np.concatenate([h[t], told, h[t] * told]))
    return np.array(rows)


@pytest.mark.portable
def test_attention_flow():
    layer = AttentionFlow()
    check_layer_contract(layer, PASSAGE, QUESTION, mask=MASK)
    found = to_numpy(layer(PASSAGE, QUESTION, mask=MASK, question_mask=WORD_MASK))
    for row, (time, words) in enumerate(zip(LENGTHS, WORDS, strict=True)):
        expected = flow(layer, PASSAGE[row, :time], QUESTION[row, :words])
        np.testing.assert_allclose(found[row, :time], expected, rtol=1e-4, atol=1e-5)
    assert not found[~MASK].any()


@pytest.mark.portable
def test_what_stands_in_the_padding_changes_nothing():
    layer = AttentionFlow()
    clean = to_numpy(layer(PASSAGE, QUESTION, mask=MASK, question_mask=WORD_MASK))
    passage = np.where(MASK[:, :, None], PASSAGE, 50).astype("float32")
    question = np.where(WORD_MASK[:, :, None], QUESTION, -50).astype("float32")
    noisy = to_numpy(layer(passage, question, mask=MASK, question_mask=WORD_MASK))
    np.testing.assert_allclose(noisy, clean, rtol=1e-5, atol=1e-6)


@pytest.mark.portable
def test_a_question_without_words_says_nothing():
    nothing = np.zeros((3, 3), bool)
    found = to_numpy(AttentionFlow()(PASSAGE, QUESTION, mask=MASK, question_mask=nothing))
    assert np.isfinite(found).all()
    assert not found[:, :, 4:12].any()


@pytest.mark.portable
def test_self_attention():
    layer = SelfAttention()
    check_layer_contract(layer, PASSAGE, mask=MASK)
    found, _ = check_padding(layer, PASSAGE, LENGTHS, atol=1e-5)
    for row, time in enumerate(LENGTHS):
        expected = self_attention(layer, PASSAGE[row, :time])
        np.testing.assert_allclose(found[row, :time], expected, rtol=1e-4, atol=1e-5)
    assert not found[~MASK].any()
    assert not found[2, 0, 4:].any()  # one token alone


@pytest.mark.portable
def test_a_masked_softmax_sums_to_one_or_to_nothing():
    scores = RNG.normal(size=(4, 6)).astype("float32") * 30
    real = np.arange(6) < np.array([6, 3, 1, 0])[:, None]
    weights = to_numpy(masked_softmax(keras.ops.convert_to_tensor(scores), real))
    np.testing.assert_allclose(weights.sum(axis=1), [1, 1, 1, 0], rtol=1e-6)
    assert not weights[~real].any()


@pytest.mark.portable
def test_cross_attention():
    layer = CrossAttention()
    check_layer_contract(layer, PASSAGE, QUESTION, mask=MASK)
    found = to_numpy(layer(PASSAGE, QUESTION, mask=MASK, other_mask=WORD_MASK))
    for row, (time, words) in enumerate(zip(LENGTHS, WORDS, strict=True)):
        for t in range(time):
            x, y = PASSAGE[row, t], QUESTION[row, :words]
            told = sum(w * word for w, word in zip(softmax(y @ x), y, strict=True))
            expected = np.concatenate([x, told, x - told, x * told])
            np.testing.assert_allclose(found[row, t], expected, rtol=1e-4, atol=1e-5)
    assert not found[~MASK].any()
    noisy = np.where(WORD_MASK[:, :, None], QUESTION, -50).astype("float32")
    again = to_numpy(layer(PASSAGE, noisy, mask=MASK, other_mask=WORD_MASK))
    np.testing.assert_allclose(again, found, rtol=1e-5, atol=1e-6)
