"""The fingerprint changes with everything that changes features, and with nothing else."""

import numpy as np
import pytest

from keras_elmo.embedding.store.fingerprint import fingerprint

CONFIG = {"units": 8, "char_filters": [[1, 8], [2, 8]], "name": "elmo", "mix": {"name": "m"}}
ARRAYS = {"b": np.arange(6, dtype="float32").reshape(2, 3), "a": np.float32(1)}


def changed(path, array):
    return fingerprint(CONFIG, {**ARRAYS, path: array})


def test_what_does_not_count():
    expected = fingerprint(CONFIG, ARRAYS)
    assert len(expected) == 32
    assert fingerprint(dict(reversed(CONFIG.items())), dict(reversed(ARRAYS.items()))) == expected
    renamed = {**CONFIG, "name": "other", "mix": {"name": "n"}, "trainable": False}
    assert fingerprint(renamed, ARRAYS) == expected
    assert changed("b", np.asfortranarray(ARRAYS["b"])) == expected


@pytest.mark.parametrize(
    "array",
    [
        ARRAYS["b"] + np.eye(2, 3, dtype="float32") * 1e-6,
        ARRAYS["b"].reshape(3, 2),
        ARRAYS["b"].astype("float64"),
        ARRAYS["b"].view("int32"),
    ],
    ids=["value", "shape", "type", "kind"],
)
def test_what_counts_in_an_array(array):
    assert changed("b", array) != fingerprint(CONFIG, ARRAYS)


def test_paths_and_configuration_count():
    found = [
        fingerprint(CONFIG, ARRAYS),
        fingerprint({**CONFIG, "units": 9}, ARRAYS),
        fingerprint(CONFIG, {"a": ARRAYS["b"], "b": ARRAYS["a"]}),
        fingerprint(CONFIG, {"b": ARRAYS["b"]}),
        fingerprint(CONFIG, {**ARRAYS, "c": np.empty((0, 2))}),
    ]
    assert len(set(found)) == len(found)
