"""The character CNN and its highways: the layer contract, and where the maximum is taken."""

import numpy as np
import pytest
from oracle import character_ids, token_embeddings
from support import check_layer_contract, random_variables, small_config, to_numpy

from keras_elmo.layers.char_cnn import CharacterCNN
from keras_elmo.layers.highway import Highway

NAMES = ("char_embedding_dim", "char_filters", "num_highways", "activation", "projection_dim")


def cnn_of(config):
    return CharacterCNN(**{name: config[name] for name in NAMES})


@pytest.mark.portable
@pytest.mark.parametrize("changes", [{}, {"activation": "tanh", "num_highways": 0}])
def test_contract(changes):
    ids, _ = character_ids([["a", "dog"], ["barks"]], 8)
    assert check_layer_contract(cnn_of(small_config(**changes)), ids).shape == (2, 4, 4)


def test_contract_of_the_highway():
    x = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")
    check_layer_contract(Highway(), x)


def test_a_new_highway_mostly_passes_its_input_through():
    """An untrained stack of highways must not hide the convolutions from the layers above."""
    x = np.random.default_rng(0).normal(size=(64, 20)).astype("float32")
    change = to_numpy(Highway()(x)) - x
    assert np.abs(change).mean() < 0.25 * np.abs(x).mean()


def test_leading_axes_do_not_matter():
    """The language model embeds a list of word types, the backbone a batch of sentences."""
    layer = cnn_of(small_config())
    ids, _ = character_ids([["one", "two"], ["three", "four"]], 8)
    in_batch, as_list = to_numpy(layer(ids)), to_numpy(layer(ids.reshape(8, 8)))
    np.testing.assert_allclose(in_batch.reshape(8, 4), as_list, atol=1e-6)


def test_without_projection_where_the_filters_add_up():
    config = small_config(projection_dim=16)
    layer, variables = cnn_of(config), random_variables(config)
    layer.build((None, None, 8))
    assert layer.projection is None
    for variable in layer.weights:
        variable.assign(variables[f"char_cnn/{variable.path.partition('/')[2]}"])
    ids, _ = character_ids([["naïve", "x" * 30, ""]], 8)
    expected = token_embeddings(config, {k: v.astype("f8") for k, v in variables.items()}, ids)
    np.testing.assert_allclose(to_numpy(layer(ids)), expected, atol=1e-6, rtol=1e-5)
