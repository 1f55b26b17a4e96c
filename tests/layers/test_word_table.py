"""Word vectors of which some train: against one table, and what an optimizer may change."""

import keras
import numpy as np
import pytest
from keras import ops
from support import gradients, to_numpy

from keras_elmo.layers.word_table import WordTable

pytestmark = pytest.mark.portable


@pytest.mark.parametrize("trained_rows", [1, 4, 9, None])
def test_it_is_a_table_whatever_trains(trained_rows):
    table = np.random.default_rng(0).normal(size=(9, 3)).astype("float32")
    layer = WordTable(9, 3, trained_rows)
    ids = np.array([[0, 3, 8], [4, 4, 5]], "int32")
    layer.build(ids.shape)
    layer.assign(table)
    np.testing.assert_array_equal(to_numpy(layer(ids)), table[ids])
    layer.trainable = True  # as thawing its group does
    rows = 9 if trained_rows is None else trained_rows
    assert [variable.shape for variable in layer.trainable_variables] == [(rows, 3)]
    (found,) = gradients(lambda: ops.sum(layer(ids)), layer.trainable_variables)
    expected = np.bincount(ids.ravel(), minlength=9)[:rows]
    np.testing.assert_array_equal(to_numpy(found), np.tile(expected[:, None], 3))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.compute_output_shape((2, None)) == (2, None, 3)
    assert again.trained_rows == layer.trained_rows


def test_more_that_train_than_there_are():
    with pytest.raises(ValueError, match=r"between 1 and the 9 rows\. Received: 10"):
        WordTable(9, 3, 10)
