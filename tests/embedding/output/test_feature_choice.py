"""Layers, mixes and pooling against NumPy."""

import numpy as np
import pytest

from keras_elmo.embedding.output.feature_choice import FeatureChoice

FEATURES = np.random.default_rng(1).normal(size=(5, 3, 8)).astype(np.float32)
EXPECTED = [
    ({}, FEATURES),
    ({"layers": "top"}, FEATURES[:, 2]),
    ({"layers": "2,0"}, FEATURES[:, [2, 0]]),
    ({"mix": "mean"}, FEATURES.mean(1)),
    ({"mix": "average", "layers": "0,2"}, FEATURES[:, [0, 2]].mean(1)),
    ({"mix": "concat"}, np.concatenate([FEATURES[:, i] for i in range(3)], axis=-1)),
    ({"mix": "2,-1,0.5"}, 2 * FEATURES[:, 0] - FEATURES[:, 1] + FEATURES[:, 2] / 2),
    ({"mix": "3", "layers": "1"}, 3 * FEATURES[:, 1]),
    ({"pool": "mean"}, FEATURES.mean(0)),
    ({"pool": "max", "mix": "1,-1,0"}, (FEATURES[:, 0] - FEATURES[:, 1]).max(0)),
    ({"pool": "mean", "layers": "top", "dtype": "float16"}, FEATURES[:, 2].mean(0)),
]


@pytest.mark.parametrize(("options", "expected"), EXPECTED, ids=[str(x[0]) for x in EXPECTED])
def test_it_keeps_what_numpy_does(options, expected):
    kept = FeatureChoice(**options).of(FEATURES)
    assert kept.dtype == options.get("dtype", "float32")
    assert kept.shape == expected.shape
    np.testing.assert_allclose(kept, expected, rtol=2e-3 if kept.itemsize == 2 else 1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": "0,3"}, "from 0 to 2"),
        ({"mix": "softmax"}, "a weight for each layer"),
        ({"mix": "1,nan,1"}, "a weight for each layer"),
        ({"mix": "0.5,0.5"}, "each of the 3 chosen layers 0, 1, 2. Received: '0.5,0.5'"),
        ({"pool": "last"}, "'none', 'mean', 'max'"),
        ({"dtype": "int8"}, "'float32', 'float16'"),
    ],
)
def test_what_is_no_choice(options, message):
    with pytest.raises(ValueError, match=message):
        FeatureChoice(**options).check(2)
