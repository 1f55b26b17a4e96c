"""The sampled softmax is the full one where nothing is left out, and does not mislead otherwise."""

import numpy as np
import pytest
from keras import ops
from support import check_layer_contract, gradients, to_numpy

from keras_elmo.layers.sampled_softmax import SampledSoftmax
from keras_elmo.pretraining.candidates import LogUniformSampler

V, P = 12, 4
HIDDEN = np.random.default_rng(2).normal(size=(6, P)).astype("float32")
TARGETS = np.array([0, 3, 11, 5, 3, 7], dtype="int32")


def softmax(size=V):
    layer = SampledSoftmax(size)
    layer.build((None, P))
    random = np.random.default_rng(4)
    layer.kernel.assign(random.normal(scale=0.5, size=(size, P)))
    layer.bias.assign(random.normal(scale=0.5, size=size))
    return layer


def log_probabilities(layer, hidden):
    kernel, bias = (v.astype("float64") for v in layer.get_weights())
    logits = hidden @ kernel.T + bias
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


@pytest.mark.portable
def test_full_softmax_by_hand():
    layer = softmax()
    losses = check_layer_contract(layer, HIDDEN, TARGETS)
    expected = -log_probabilities(layer, HIDDEN)[np.arange(6), TARGETS]
    np.testing.assert_allclose(losses, expected, atol=1e-5)


@pytest.mark.portable
def test_all_words_as_candidates_are_the_full_softmax():
    """Also shows that a candidate which is the target counts once."""
    layer = softmax()
    zeros = np.zeros(V, "float32")
    sampled = layer(HIDDEN, TARGETS, zeros[:6], np.arange(V, dtype="int32"), zeros)
    np.testing.assert_allclose(to_numpy(sampled), to_numpy(layer(HIDDEN, TARGETS)), atol=1e-5)


@pytest.mark.portable
def test_expected_counts_lower_the_logits():
    layer = softmax()
    candidates, counts = np.array([3, 5], "int32"), np.log([0.25, 0.5]).astype("float32")
    log_p = log_probabilities(layer, HIDDEN[:1])[0]
    p = np.exp(log_p)
    expected = np.log(1 + (p[3] / 0.25 + p[5] / 0.5) / (p[0] / 0.75))
    target_counts = np.log([0.75]).astype("float32")
    loss = layer(HIDDEN[:1], np.array([0]), target_counts, candidates, counts)
    np.testing.assert_allclose(to_numpy(loss), [expected], rtol=1e-5)


def mean_gradients(layer, shares, num_samples, corrected=True, num_sets=150):
    """Return the mean gradient for the bias over many sets of candidates, and its standard error.

    The targets are all words, weighted with `shares`: only the candidates are left to chance.
    """
    sampler, random = LogUniformSampler(len(shares), num_samples), np.random.default_rng(11)
    every_word = np.arange(len(shares), dtype="int32")
    rows = np.repeat(HIDDEN[:1], len(shares), axis=0)
    found = []
    for _ in range(num_sets):
        candidates, counts = sampler.sample(random)
        counts = counts * np.float32(corrected)

        def loss(candidates=candidates, counts=counts):
            losses = layer(rows, every_word, counts, candidates, counts[candidates])
            return ops.sum(losses * shares.astype("float32"))

        found.append(gradients(loss, [layer.bias])[0])
    return np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(num_sets)


def test_a_fitted_model_is_left_alone():
    """At the optimum of the full softmax the sampled gradient vanishes too, on average.

    That is what the expected counts are for: without them the gradient there is large. The counts
    take the draws as independent, which distinct words are not quite: hence 0.005.
    """
    layer = softmax(30)
    shares = np.exp(log_probabilities(layer, HIDDEN[0]))
    mean, error = mean_gradients(layer, shares, 10)
    assert np.all(np.abs(mean) < 5 * error + 0.005)
    biased, error = mean_gradients(layer, shares, 10, corrected=False)
    assert np.any(np.abs(biased) > 5 * error + 0.005)


def test_more_samples_come_nearer_to_the_full_gradient():
    layer = softmax(60)
    shares = 1 / np.arange(1, 61)
    shares /= shares.sum()
    full = np.exp(log_probabilities(layer, HIDDEN[0])) - shares
    found = [mean_gradients(layer, shares, n, num_sets=50)[0] for n in (5, 20, 55)]
    gaps = [np.linalg.norm(gradient - full) for gradient in found]
    assert gaps[2] < 0.1 * np.linalg.norm(full)
    assert 2 * gaps[2] < gaps[1] < gaps[0]
