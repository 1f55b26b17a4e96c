"""All ways to make one vector a token of ELMo's layers, and the requests that make no sense."""

import numpy as np
import pytest
from support import check_layer_contract, check_padding, to_numpy

from keras_elmo.layers.layer_mix import LayerMix

X = np.random.default_rng(1).normal(size=(2, 4, 3, 5)).astype("float32")
MASK = np.arange(4) < np.array([[4], [2]])
MIXES = {
    "concat": np.concatenate([X[:, :, 0], X[:, :, 1], X[:, :, 2]], axis=-1),
    "mean": X.mean(axis=2),
    "top": X[:, :, 2],
    "scalar": X.mean(axis=2),  # untrained
    0: X[:, :, 0],
    1: X[:, :, 1],
    -1: X[:, :, 2],
}


@pytest.mark.portable
@pytest.mark.parametrize("mix", MIXES)
def test_contract_and_padding(mix):
    expected = MIXES[mix]
    y = check_layer_contract(LayerMix(mix), X, mask=MASK)
    np.testing.assert_allclose(y, expected, atol=1e-6)
    check_padding(LayerMix(mix), X, (4, 2))


def test_concat_of_unknown_lengths_has_a_known_size():
    """The Dense or LSTM behind a mix is built before any sentence is seen."""
    import keras

    outputs = LayerMix("concat")(keras.Input((None, 3, 5)))
    assert outputs.shape == (None, None, 15)


def test_layer_norm_and_dropouts():
    settings = {"mix_layer_norm": True, "dropout_before": 0.5, "dropout_after": 0.25}
    layer = LayerMix("scalar", **settings)
    check_layer_contract(layer, X, mask=MASK)
    noisy = to_numpy(layer(X, mask=MASK, training=True))
    assert 0.1 < np.mean(noisy == 0) < 0.5  # dropped after the mix


def test_two_mixes_learn_apart():
    first, second = LayerMix(), LayerMix()
    first.build(X.shape)
    second.build(X.shape)
    first.scalar_mix.scalars.assign([9.0, 0.0, 0.0])
    assert not np.allclose(to_numpy(first(X)), to_numpy(second(X)), atol=1e-3)


@pytest.mark.parametrize("mix", ["sum", None, True, 1.0])
def test_unknown_mix(mix):
    with pytest.raises(ValueError, match=r"'concat', 'mean', 'top', 'scalar' or the number"):
        LayerMix(mix)


@pytest.mark.parametrize("mix", [3, -4])
def test_layer_that_is_not_there(mix):
    with pytest.raises(ValueError, match=rf"allowed are 0 to 2. Received: mix={mix}"):
        LayerMix(mix)(X)


def test_layer_norm_without_scalar():
    with pytest.raises(ValueError, match=r"belongs to mix='scalar'. Received: mix='mean'"):
        LayerMix("mean", mix_layer_norm=True)


def test_a_configuration_of_an_earlier_version():
    old = LayerMix("scalar", mix_layer_norm=True).get_config()
    old["layer_norm"] = old.pop("mix_layer_norm")
    assert LayerMix.from_config(old).scalar_mix.layer_norm
