"""The adaptive softmax is a distribution over all words, however its losses are computed."""

import numpy as np
import pytest
from keras import ops
from support import check_layer_contract, gradients, to_numpy

from keras_elmo.elmo.full_softmax import FullSoftmax
from keras_elmo.layers.adaptive_softmax import AdaptiveSoftmax
from keras_elmo.pretraining.batches import tail_rows

V, P = 12, 8
CUTOFFS = [4, 9]
RNG = np.random.default_rng(2)
HIDDEN = RNG.normal(size=(6, P)).astype("float32")
WEIGHTS = np.arange(1, 7, dtype="float32")  # of the predictions in the loss
TARGETS = np.array([0, 3, 11, 5, 4, 8], dtype="int32")


def softmax():
    layer = AdaptiveSoftmax(V, CUTOFFS)
    layer.build((None, P))
    for variable in layer.weights:
        variable.assign(0.7 * RNG.normal(size=variable.shape))
    return layer


def log_probabilities(layer):
    """By the equations: float64 `(6, V)`."""
    weights = {w.name: w.numpy().astype("float64") for w in layer.weights}

    def log_softmax(x):
        return x - np.log(np.exp(x).sum(axis=1, keepdims=True))

    head = log_softmax(HIDDEN @ weights["head_kernel"].T + weights["head_bias"])
    parts = [head[:, :4]]
    for k in (0, 1):
        inner = HIDDEN @ weights[f"tail_{k}_projection"]
        tail = log_softmax(inner @ weights[f"tail_{k}_kernel"].T + weights[f"tail_{k}_bias"])
        parts.append(head[:, 4 + k : 5 + k] + tail)
    return np.concatenate(parts, axis=1)


@pytest.mark.portable
def test_losses_by_hand():
    layer = softmax()
    losses = check_layer_contract(layer, HIDDEN, TARGETS)
    expected = log_probabilities(layer)
    np.testing.assert_allclose(losses, -expected[np.arange(6), TARGETS], atol=1e-5)
    np.testing.assert_allclose(np.exp(expected).sum(axis=1), 1.0)
    np.testing.assert_allclose(FullSoftmax(layer).log_probs(HIDDEN), expected, atol=1e-5)
    assert [tail[0].shape for tail in layer.tails] == [(P, 2), (P, 1)]


@pytest.mark.portable
@pytest.mark.parametrize("targets", [TARGETS, TARGETS % 4], ids=["all", "head only"])
def test_rows_of_each_cluster_give_the_same_losses_and_gradients(targets):
    layer = softmax()
    rows = tail_rows(targets, [*CUTOFFS, V])
    found = []
    for arguments in ({}, rows):

        def loss(arguments=arguments):
            return ops.sum(ops.multiply(layer(HIDDEN, targets, **arguments), WEIGHTS))

        losses = to_numpy(layer(HIDDEN, targets, **arguments))
        found.append([losses, *gradients(loss, layer.trainable_variables)])
    for whole, parts in zip(*found, strict=True):
        np.testing.assert_allclose(parts, whole, atol=1e-5)


@pytest.mark.parametrize("cutoffs", [[], [0, 4], [4, 4], [4, V]])
def test_cutoffs_must_rise(cutoffs):
    with pytest.raises(ValueError, match="`cutoffs` must rise"):
        AdaptiveSoftmax(V, cutoffs)
