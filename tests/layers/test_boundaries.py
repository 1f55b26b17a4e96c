"""`<S>` and `</S>` go to the right places and come off again."""

import numpy as np
import pytest
from oracle import character_ids
from support import check_layer_contract, to_numpy

from keras_elmo.layers.boundaries import AddBoundaries, RemoveBoundaries
from keras_elmo.text.characters import CharacterEncoder

SENTENCES = [["a", "dog", "barks"], [], ["yes"]]
MASK = np.arange(3) < np.array([[3], [0], [1]])


@pytest.mark.portable
def test_characters_as_the_oracle_spells_them():
    encoder = CharacterEncoder(8)
    ids = encoder.encode(SENTENCES)
    ids[~MASK] = 99  # what stands in the padding must not come through
    layer = AddBoundaries(encoder.bos.tolist(), encoder.eos.tolist())
    rows, mask = check_layer_contract(layer, ids, MASK)
    expected, lengths = character_ids(SENTENCES, 8)
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_array_equal(mask, np.arange(5) < lengths[:, None])


@pytest.mark.portable
def test_word_ids():
    ids = np.array([[7, 8, 9], [0, 0, 0], [5, 0, 0]], dtype="int32")
    rows, mask = check_layer_contract(AddBoundaries(1, 2), ids, MASK)
    np.testing.assert_array_equal(rows, [[1, 7, 8, 9, 2], [1, 2, 0, 0, 0], [1, 5, 2, 0, 0]])
    np.testing.assert_array_equal(mask.sum(axis=1), [5, 2, 3])


def test_remove_keeps_the_tokens_only():
    features = np.random.default_rng(0).normal(size=(3, 5, 2, 4)).astype("float32")
    inner = check_layer_contract(RemoveBoundaries(), features, MASK)
    np.testing.assert_array_equal(inner, features[:, 1:-1] * MASK[:, :, None, None])


def test_keras_mask_of_the_tokens_remains():
    """A mask of `<S> tokens </S>` counts two steps more than its sentence."""
    longer = np.arange(5) < np.array([[5], [2], [3]])
    np.testing.assert_array_equal(to_numpy(RemoveBoundaries().compute_mask(None, longer)), MASK)
