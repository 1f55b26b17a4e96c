"""Scores of spans against sums over all of them, and under padding."""

import itertools

import numpy as np
import pytest
from support import check_layer_contract, to_numpy

from keras_elmo.layers.masking import MASKED
from keras_elmo.layers.span_scores import SpanScores, span_matrix, span_weights

RNG = np.random.default_rng(7)
LENGTHS = (5, 3, 1)
MASK = np.arange(5) < np.array(LENGTHS)[:, None]
STARTS, ENDS, PASSAGE = (RNG.normal(size=(3, 5, n)).astype("float32") for n in (2, 3, 4))
QUESTION = RNG.normal(size=(3, 2)).astype("float32")


def spans_of(time):
    return list(itertools.combinations_with_replacement(range(time), 2))


@pytest.mark.portable
def test_span_scores():
    layer = SpanScores(units=6)
    layer.build(*(x.shape for x in (STARTS, ENDS, PASSAGE, QUESTION)))
    layer.inside.set_weights([RNG.normal(size=(3, 1)), RNG.normal(size=1)])
    check_layer_contract(layer, STARTS, ENDS, PASSAGE, QUESTION)
    found = to_numpy(layer(STARTS, ENDS, PASSAGE, QUESTION, mask=MASK))
    weights = {v.path.split("/", 1)[1]: to_numpy(v.value) for v in layer.weights}

    def dense(name, x):
        return x @ weights[f"{name}/kernel"] + weights[f"{name}/bias"]

    for row, time in enumerate(LENGTHS):
        starts, ends, passage = (x[row, :time] for x in (STARTS, ENDS, PASSAGE))
        s, e, m = (
            dense(name, x)[:, 0] for name, x in (("start", starts), ("end", ends), ("inside", ends))
        )
        scores = {(i, j): s[i] + sum(m[i : j + 1]) + e[j] for i, j in spans_of(time)}
        for (i, j), expected in scores.items():
            score = found[row, i + 1, 0] + found[row, j + 1, 1]
            np.testing.assert_allclose(score, expected, rtol=1e-4, atol=1e-5)
        total = sum(map(np.exp, scores.values()))
        v1, v2, v3, words = np.zeros(2), np.zeros(3), np.zeros(4), 0.0
        for (i, j), score in scores.items():
            share = np.exp(score) / total
            v1, v2 = v1 + share * starts[i], v2 + share * ends[j]
            v3, words = v3 + share * passage[i : j + 1].sum(axis=0), words + share * (j - i + 1)
        parts = [v1, v2, v3 / words, passage.max(axis=0), QUESTION[row]]
        none = dense("none", np.maximum(dense("hidden", np.concatenate(parts)), 0))
        np.testing.assert_allclose(found[row, 0].sum(), none[0], rtol=1e-3, atol=1e-4)
        assert (found[row, time + 1 :] == MASKED).all()


@pytest.mark.portable
def test_what_stands_in_the_padding_changes_nothing():
    layer = SpanScores(units=6)
    clean = to_numpy(layer(STARTS, ENDS, PASSAGE, QUESTION, mask=MASK))
    noisy = [np.where(MASK[:, :, None], x, 30).astype("float32") for x in (STARTS, ENDS, PASSAGE)]
    found = to_numpy(layer(*noisy, QUESTION, mask=MASK))
    np.testing.assert_allclose(found, clean, rtol=1e-4, atol=1e-5)


@pytest.mark.portable
def test_weights_are_sums_over_spans():
    both = (3 * RNG.normal(size=(2, 6, 2))).astype("float32")
    found = [to_numpy(x) for x in span_weights(both)]
    for row in range(2):
        weights = {(i, j): np.exp(both[row, i, 0] + both[row, j, 1]) for i, j in spans_of(6)}
        total = sum(weights.values())
        for t in range(6):
            expected = [
                sum(w for (i, _), w in weights.items() if i == t),
                sum(w for (_, j), w in weights.items() if j == t),
                sum(w for (i, j), w in weights.items() if i <= t <= j),
            ]
            actual = [x[row, t] for x in found]
            np.testing.assert_allclose(actual, np.array(expected) / total, rtol=1e-3, atol=1e-6)
    matrix = to_numpy(span_matrix(both, max_length=2))
    allowed = [(i, j) for i, j in spans_of(6) if j < i + 2]
    assert {(i, j) for i, j in zip(*np.where(matrix[0] > MASKED), strict=True)} == set(allowed)
