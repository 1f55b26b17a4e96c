"""The contract of paths and shapes."""

import math

import pytest
from support import small_config

from keras_elmo.weights import expected_shapes


def test_the_original_model():
    shapes = expected_shapes(
        small_config(
            max_characters_per_token=50,
            char_embedding_dim=16,
            char_filters=[[1, 32], [2, 32], [3, 64], [4, 128], [5, 256], [6, 512], [7, 1024]],
            num_highways=2,
            projection_dim=512,
            units=4096,
        )
    )
    mask_row = 16
    assert sum(map(math.prod, shapes.values())) == 93_600_848 + mask_row
    assert shapes["char_cnn/conv_6/kernel"] == (7, 16, 1024)
    assert shapes["bilm/backward_1/recurrent_kernel"] == (512, 16384)


def test_parts_that_are_absent():
    shapes = expected_shapes(
        small_config(char_filters=[[1, 4]], num_highways=0, units=4, lstm_projection=False)
    )
    assert [path for path in shapes if path.startswith("char_cnn/")] == [
        "char_cnn/char_embedding/embeddings",
        "char_cnn/conv_0/kernel",
        "char_cnn/conv_0/bias",
    ]
    assert not any(path.endswith("projection_kernel") for path in shapes)


def test_word_input_has_a_row_for_masked_steps():
    shapes = expected_shapes(small_config(vocabulary_size=9))
    assert shapes["word_embedding/embeddings"] == (10, 4)
    assert not any(path.startswith("char_cnn/") for path in shapes)


def test_no_projection_needs_equal_sizes():
    with pytest.raises(ValueError, match=r"lstm_projection=False .* units=6, projection_dim=4"):
        expected_shapes(small_config(lstm_projection=False))
