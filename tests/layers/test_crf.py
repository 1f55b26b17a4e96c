"""The CRF against an enumeration of all tag sequences."""

import json
from itertools import pairwise, product

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from support import gradients, to_numpy

from keras_elmo.layers.crf import CRF, FORBIDDEN
from keras_elmo.layers.crf_loss import log_likelihood, unpacked
from keras_elmo.text.chain import messages, viterbi

TIME, TAGS = 4, 3


def random_case(seed, lengths, constrained, scale=3.0):
    """A layer with random weights, scores, tags of the sentences, and their mask."""
    random = np.random.default_rng(seed)
    allowed = {}
    if constrained:  # the first tag is allowed everywhere, so that every sentence has a sequence
        for name, shape in (("start", TAGS), ("transitions", (TAGS, TAGS)), ("end", TAGS)):
            choice = random.random(shape) < 0.6
            choice[..., 0] = True
            allowed[f"allowed_{name}"] = choice.tolist()
        allowed["allowed_transitions"][0] = [True] * TAGS
    x = random.normal(scale=scale, size=(len(lengths), TIME, TAGS)).astype("float32")
    layer = CRF(**allowed)
    layer.build(x.shape)
    layer.set_weights([random.normal(size=value.shape) for value in layer.get_weights()])
    mask = np.arange(TIME) < np.array(lengths)[:, None]
    return layer, x, random.integers(0, TAGS, mask.shape).astype("int32"), mask


def enumerate_sequences(layer, x):
    """Every tag sequence of one sentence with its score, forbidden ones left out."""
    start, transitions, end = (value.astype(float) for value in layer.get_weights())
    allowed = (layer.allowed_start, layer.allowed_transitions, layer.allowed_end)
    for scores, choice in zip((start, transitions, end), allowed, strict=True):
        if choice is not None:
            scores[~np.array(choice)] = -np.inf
    for path in product(range(TAGS), repeat=len(x)):
        score = sum(x[t, tag] for t, tag in enumerate(path))
        score += sum(transitions[pair] for pair in pairwise(path))
        score += start[path[0]] + end[path[-1]] if path else 0.0
        if np.isfinite(score):
            yield path, float(score)


def by_enumeration(layer, x):
    """log Z, marginals (n, tags), and the best sequence of one sentence."""
    found = list(enumerate_sequences(layer, x))
    scores = np.array([score for _, score in found])
    log_z = np.logaddexp.reduce(scores)
    marginals = np.zeros((len(x), TAGS))
    for (path, _), share in zip(found, np.exp(scores - log_z), strict=True):
        marginals[range(len(x)), path] += share
    return log_z, marginals, found[int(scores.argmax())][0]


def run(layer, x, mask=None):
    return layer(ops.convert_to_tensor(x), mask=None if mask is None else ops.cast(mask, "bool"))


def parts(chain):
    """Potentials and marginals as arrays."""
    return to_numpy(tuple(unpacked(chain)[:2]))


lengths = st.lists(st.integers(0, TIME), min_size=3, max_size=3)


@pytest.mark.portable
@given(seed=st.integers(0, 10_000), lengths=lengths, constrained=st.booleans())
@settings(max_examples=25, deadline=None)
def test_everything_is_what_an_enumeration_gives(seed, lengths, constrained):
    layer, x, tags, mask = random_case(seed, lengths, constrained)
    chain = run(layer, x, mask)
    likelihood = to_numpy(log_likelihood(chain, ops.convert_to_tensor(tags)))
    potentials, marginals = parts(chain)
    assert not potentials[~mask].any()
    assert not marginals[~mask].any()
    rows = [row[:n] for row, n in zip(potentials, lengths, strict=True)]
    transitions = to_numpy(layer.transition_scores())
    paths, outside = viterbi(rows, transitions), messages(rows, transitions)
    for k, n in enumerate(lengths):
        log_z, expected, best = by_enumeration(layer, x[k, :n])
        np.testing.assert_allclose(marginals[k, :n], expected, atol=2e-5)
        assert tuple(paths[k]) == best
        np.testing.assert_allclose(outside[k].log_z, 0.0, atol=2e-4)
        if n:
            np.testing.assert_allclose(outside[k].marginals(), expected, atol=2e-4)
        given_path = tuple(tags[k, :n].tolist())
        scores = dict(enumerate_sequences(layer, x[k, :n]))
        if given_path in scores:
            np.testing.assert_allclose(likelihood[k], scores[given_path] - log_z, atol=2e-4)
        else:
            assert likelihood[k] < 0.9 * FORBIDDEN


@pytest.mark.portable
@pytest.mark.parametrize("constrained", [False, True])
def test_gradients_are_those_of_the_enumeration(constrained):
    layer, x, tags, mask = random_case(5, [4, 3, 0, 1], constrained, scale=1.0)
    weights = np.array([1.0, 2.0, 3.0, 0.5], "float32")
    variable = keras.Variable(x)

    def loss():
        chain = run(layer, variable.value, mask)
        likelihood = log_likelihood(chain, ops.convert_to_tensor(tags))
        return ops.sum(likelihood * ops.convert_to_tensor(weights))

    found = gradients(loss, [variable, *layer.trainable_variables])
    # The gradient of a log-likelihood: what is there, less what is expected.
    expected = [np.zeros_like(x), *(np.zeros_like(value) for value in layer.get_weights())]
    for k, n in enumerate(mask.sum(axis=1)):
        everything = list(enumerate_sequences(layer, x[k, :n]))
        log_z = np.logaddexp.reduce([score for _, score in everything])
        counted = [(path, -np.exp(score - log_z)) for path, score in everything]
        for path, share in [*counted, (tuple(tags[k, :n]), 1.0)]:
            share *= weights[k]
            expected[0][k, range(n), path] += share
            if path:
                expected[1][path[0]] += share
                expected[3][path[-1]] += share
            for pair in pairwise(path):
                expected[2][pair] += share
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.portable
def test_gradients_of_improbable_sentences_beside_padding():
    """All that is allowed has e^-140: of a padded token, that is no e^140."""
    only_first = [True, False, False]
    rows = [only_first, [True] * TAGS, [True] * TAGS]
    layer = CRF(allowed_start=only_first, allowed_transitions=rows, allowed_end=only_first)
    x = keras.Variable(np.tile([0.0, 70.0, 0.0], (1, 6, 1)).astype("float32"))
    mask = np.arange(6)[None] < 2
    layer.build(x.shape)

    def loss():
        tags = ops.zeros((1, 6), "int32")
        return ops.sum(log_likelihood(run(layer, x.value, mask), tags))

    for gradient in gradients(loss, [x, *layer.trainable_variables]):
        np.testing.assert_allclose(gradient, 0.0, atol=1e-5)  # there is one sequence


@pytest.mark.portable
def test_contract():
    layer, x, _, mask = random_case(1, [4, 2], constrained=True)
    chain = to_numpy(run(layer, x, mask))
    written = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    assert written["registered_name"] == "keras_elmo>CRF"
    again = keras.saving.deserialize_keras_object(written)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(to_numpy(run(again, x, mask)), chain)
    assert layer.compute_output_spec(keras.KerasTensor(x.shape)).shape == chain.shape
    # A sentence alone, without a mask, gives the same numbers as in the batch.
    for part, whole in zip(parts(run(layer, x[1:, :2])), parts(chain), strict=True):
        np.testing.assert_allclose(part[0], whole[1, :2], atol=1e-5)


@pytest.mark.portable
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_scores_are_summed_in_float32(dtype):
    layer, x, _, mask = random_case(2, [4, 4], constrained=True, scale=30.0)
    chain = run(layer, ops.cast(x, dtype), mask)
    assert keras.backend.standardize_dtype(chain.dtype) == "float32"
    np.testing.assert_allclose(parts(chain)[1].sum(axis=2), 1.0, atol=1e-3)
    assert np.isfinite(np.float16(FORBIDDEN))


@pytest.mark.portable
def test_long_sentences_keep_their_probabilities():
    random = np.random.default_rng(0)
    x = random.normal(scale=5.0, size=(1, 2000, TAGS)).astype("float32")
    layer = CRF()
    _, marginals = parts(run(layer, x))
    # With transitions of zero the tags are independent.
    expected = np.exp(x - np.logaddexp.reduce(x, axis=2)[:, :, None])
    np.testing.assert_allclose(marginals, expected, atol=1e-4)


def test_constraints_of_another_number_of_tags_are_named():
    with pytest.raises(ValueError, match=r"`allowed_end` must have the shape \(3,\).*\(2,\)"):
        CRF(allowed_end=[True, False]).build((None, None, 3))


def test_no_sentences_and_ties():
    assert viterbi([], np.zeros((2, 2))) == []
    [empty, tied] = viterbi([np.zeros((0, 2)), np.zeros((3, 2))], np.zeros((2, 2)))
    assert empty.tolist() == []
    assert tied.tolist() == [0, 0, 0]
