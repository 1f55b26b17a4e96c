"""The batch is as large as memory allows, and no larger than it is good for."""

import pytest

from keras_elmo.pretraining.machine import BATCH_TOKENS, automatic_batch_tokens

SMALL = {"units": 512, "num_layers": 2, "projection_dim": 128, "vocabulary_size": 50_000}
LARGE = {"units": 4096, "num_layers": 2, "projection_dim": 512, "vocabulary_size": 800_000}


def test_size_for_the_memory():
    sizes = [
        automatic_batch_tokens(**SMALL, num_samples=2048, memory=gigabytes * 1e9)
        for gigabytes in (3, 4, 8, 64)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] == BATCH_TOKENS
    assert automatic_batch_tokens(**LARGE, num_samples=8192, memory=24e9) < BATCH_TOKENS


def test_this_machine_gives_the_same_at_every_call():
    found = {automatic_batch_tokens(**SMALL, num_samples=64) for _ in range(2)}
    assert len(found) == 1


def test_a_model_too_large_says_what_it_needs():
    with pytest.raises(ValueError, match=r"about 9\.0 GB.*Received: a machine of 8\.0 GB"):
        automatic_batch_tokens(**LARGE, num_samples=8192, memory=8e9)
