"""The candidates' frequencies are what the sampled softmax is told they are."""

import numpy as np
import pytest

from keras_elmo.pretraining.candidates import LogUniformSampler


def frequencies(sampler, num_sets, seed=0):
    """How often each word was in a sample, and how often the sampler expected it there."""
    random = np.random.default_rng(seed)
    found, expected = np.zeros((2, len(sampler.probability)))
    for _ in range(num_sets):
        ids, log_counts = sampler.sample(random)
        found[ids] += 1
        expected += np.exp(log_counts)
    return found / num_sets, expected / num_sets


def test_one_draw_is_log_uniform():
    """With one candidate the expected count is its probability, exactly."""
    ranks = np.arange(20)
    probability = np.log((ranks + 2) / (ranks + 1)) / np.log(21)
    found, expected = frequencies(LogUniformSampler(20, 1), 4000)
    np.testing.assert_allclose(expected, probability, rtol=1e-5)
    assert np.all(np.abs(found - probability) < 5 * np.sqrt(probability / 4000))


@pytest.mark.parametrize(("size", "samples"), [(50, 10), (200, 120)])
def test_inclusion_frequencies(size, samples):
    """1 - (1 - p)^n, n being the draws that were needed; 0.02 because n depends on the words."""
    found, expected = frequencies(LogUniformSampler(size, samples), 1500)
    error = np.sqrt(expected * (1 - expected) / 1500)
    assert np.all(np.abs(found - expected) < 5 * error + 0.02)
    assert found.sum() == pytest.approx(samples)


def test_samples_are_distinct_and_repeatable():
    sampler = LogUniformSampler(30, 29)  # nearly all words: many draws are repetitions
    ids, log_counts = sampler.sample(np.random.default_rng(5))
    assert len(set(ids)) == 29
    assert ids.min() >= 0
    assert ids.max() < 30
    assert (ids.dtype, log_counts.dtype, log_counts.shape) == (np.int32, np.float32, (30,))
    again, _ = sampler.sample(np.random.default_rng(5))
    np.testing.assert_array_equal(ids, again)


@pytest.mark.parametrize("samples", [0, 30])
def test_impossible_number_of_samples(samples):
    with pytest.raises(ValueError, match=rf"between 1 and .* Received: num_samples={samples}, "):
        LogUniformSampler(30, samples)
