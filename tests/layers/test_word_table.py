"""Word vectors: against one table, their gradients, their types, and files of older versions."""

import keras
import numpy as np
import pytest
from keras import ops
from support import gradients, to_numpy

from keras_elmo.layers.word_table import WordTable

pytestmark = pytest.mark.portable
TABLE = np.random.default_rng(0).normal(size=(9, 3)).astype("float32")
IDS = np.array([[0, 3, 8], [4, 4, 5]], "int32")


def filled(**arguments):
    layer = WordTable(9, 3, **arguments)
    layer.build(IDS.shape)
    layer.assign(TABLE)
    return layer


def test_it_is_a_table():
    layer = filled()
    np.testing.assert_array_equal(to_numpy(layer(IDS)), TABLE[IDS])
    (found,) = gradients(lambda: ops.sum(layer(IDS)), layer.trainable_variables)
    expected = np.bincount(IDS.ravel(), minlength=9)
    np.testing.assert_array_equal(to_numpy(found), np.tile(expected[:, None], 3))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.compute_output_shape((2, None)) == (2, None, 3)
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_it_gives_half_precision_and_keeps_its_own(dtype):
    layer = filled(dtype=f"mixed_{dtype}")
    found = layer(IDS)
    assert keras.backend.standardize_dtype(found.dtype) == dtype
    np.testing.assert_allclose(to_numpy(ops.cast(found, "float32")), TABLE[IDS], rtol=1e-2)
    np.testing.assert_array_equal(to_numpy(layer.embeddings), TABLE)


@pytest.mark.parametrize("trained_rows", [1, 4, 9])
def test_a_file_in_which_only_the_first_rows_trained(trained_rows):
    parts = np.split(TABLE, [trained_rows])
    layer = WordTable(9, 3)
    layer.build(IDS.shape)
    layer.load_own_variables({str(i): part for i, part in enumerate(parts) if len(part)})
    np.testing.assert_array_equal(to_numpy(layer.embeddings), TABLE)
    with pytest.raises(ValueError, match=r"must have \(9, 3\) numbers\. Received: \(8, 3\)"):
        layer.load_own_variables({"0": TABLE[:8]})
