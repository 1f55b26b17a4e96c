"""The backbone and the independent NumPy ELMo agree: features of every kind of model, gradients."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import ops
from oracle import character_ids, elmo_features
from support import elmo_configs, gradients, random_variables, small_backbone, to_numpy

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.variables import assign_variables, variables_by_path

SENTENCES = [["a", "dog", "barks", "loudly"], ["naïve", "x" * 20]]
LENGTHS = np.array([6, 4])
MASK = np.arange(4) < LENGTHS[:, None] - 2
WORDS = np.array([[1, 4, 2, 1], [2, 3, 0, 0]], dtype="int32")  # ids up to a vocabulary of 5


def inputs_for(config):
    """The batch for our backbone, without boundaries, and the same for the oracle, with them."""
    if config["vocabulary_size"] is None:
        ids, _ = character_ids(SENTENCES, config["max_characters_per_token"])
        inner = ids[:, 1:-1] * MASK[:, :, None]
        return {"character_ids": inner, "padding_mask": MASK}, ids
    words = np.minimum(WORDS, config["vocabulary_size"])
    ids = np.array([[1, *words[0], 2], [1, *words[1, :2], 2, 0, 0]])
    return {"token_ids": words, "padding_mask": MASK}, ids


def assert_agree(features, expected):
    np.testing.assert_allclose(features, expected, atol=5e-6, rtol=5e-5)


KINDS = {
    "published": {},
    "tanh, one layer, no highway": {"activation": "tanh", "num_layers": 1, "num_highways": 0},
    "no skip, no cell clip": {"use_skip_connections": False, "cell_clip": None},
    "no projection clip": {"projection_clip": None},
    "no projections": {"projection_dim": 16, "units": 16, "lstm_projection": False},
    "words": {"vocabulary_size": 5, "char_filters": [], "num_highways": 0},
    "tight clips": {"cell_clip": 0.3, "projection_clip": 0.1},
}


@pytest.mark.portable
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind(kind):
    backbone, config, variables = small_backbone(**KINDS[kind])
    batch, ids = inputs_for(config)
    expected, _ = elmo_features(config, variables, ids, LENGTHS)
    assert_agree(backbone.predict_on_batch(batch), expected)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(config=elmo_configs(), seed=st.integers(0, 9))
def test_any_configuration(config, seed):
    variables = random_variables(config, seed)
    backbone = ElmoBackbone(**config)
    assign_variables(backbone, variables)
    batch, ids = inputs_for(config)
    expected, _ = elmo_features(config, variables, ids, LENGTHS)
    assert_agree(to_numpy(backbone(batch)), expected)


@pytest.mark.portable
def test_stateful_over_two_batches():
    """The second batch begins in each row's own final state; `reset_state` forgets it."""
    backbone, config, variables = small_backbone(stateful=True, batch_size=2)
    batch, ids = inputs_for(config)
    state = None
    for _ in range(2):
        expected, state = elmo_features(config, variables, ids, LENGTHS, state)
        assert_agree(backbone.predict_on_batch(batch), expected)
    backbone.reset_state()
    expected, _ = elmo_features(config, variables, ids, LENGTHS)
    assert_agree(backbone.predict_on_batch(batch), expected)


def test_keep_boundaries():
    """`<S>` and `</S>` keep their vectors; between them nothing changes."""
    backbone, config, variables = small_backbone(keep_boundaries=True)
    batch, ids = inputs_for(config)
    features = to_numpy(backbone(batch))
    inner, _ = elmo_features(config, variables, ids, LENGTHS)
    assert features.shape == (2, 6, 3, 8)
    assert_agree(features[0, 1:-1], inner[0])
    assert_agree(features[1, 1:3], inner[1, :2])
    present = features.any(axis=(2, 3)).sum(axis=1)
    np.testing.assert_array_equal(present, LENGTHS)


@pytest.mark.portable
def test_gradients_are_those_of_finite_differences():
    """Central differences of the NumPy ELMo in float64 are good to 1e-8: they judge every variable.

    The clips are so tight that a gradient through a clipped value would show.
    """
    changes = {"cell_clip": 0.3, "projection_clip": 0.2, "char_embedding_dim": 3, "units": 5}
    backbone, config, variables = small_backbone(**changes)
    batch, ids = inputs_for(config)
    random = np.random.default_rng(0)
    weights = random.normal(size=(2, 4, 3, 8))

    def by_oracle(path, step):
        moved = {**variables, path: variables[path].astype("float64") + step}
        return np.sum(weights * elmo_features(config, moved, ids, LENGTHS)[0])

    ours = variables_by_path(backbone)
    tensor = ops.convert_to_tensor(weights.astype("float32"))
    found = gradients(lambda: ops.sum(backbone(batch) * tensor), list(ours.values()))
    for path, gradient in zip(ours, found, strict=True):
        direction = random.normal(size=gradient.shape)
        difference = by_oracle(path, 1e-6 * direction) - by_oracle(path, -1e-6 * direction)
        size = float(np.linalg.norm(gradient))
        expected = pytest.approx(difference / 2e-6, abs=1e-4 * size)  # float32 against float64
        assert np.sum(gradient * direction) == expected, path
        assert size > 1e-3, path
