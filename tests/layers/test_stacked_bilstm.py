"""The stacked BiLSTM: a layer like any other; its numbers are tested with its weight files."""

import numpy as np
import pytest
from support import check_layer_contract, check_padding

from keras_elmo.layers.stacked_bilstm import StackedBiLSTM

X = np.random.default_rng(5).normal(size=(3, 5, 4)).astype("float32")
LENGTHS = (5, 3, 1)


@pytest.mark.portable
def test_contract_and_padding():
    layer = StackedBiLSTM(projection_dim=4, units=3, num_layers=2)
    check_layer_contract(layer, X, mask=np.arange(5) < np.array(LENGTHS)[:, None])
    assert layer(X).shape == (3, 5, 1, 8)
    y, mask = check_padding(layer, X, LENGTHS)
    assert not y[~mask].any()


def test_no_layers():
    with pytest.raises(ValueError, match=r"at least 1\. Received: 0"):
        StackedBiLSTM(projection_dim=4, units=3, num_layers=0)
