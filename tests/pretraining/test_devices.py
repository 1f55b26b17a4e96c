"""Data-parallel training on two simulated devices takes the same steps as on one (JAX)."""

import os
import subprocess
import sys

import keras
import pytest

PROGRAM = """
import sys, tempfile
sys.path[:0] = sys.argv[1:]
import keras, numpy as np
from test_training import run, settings_for
one, _ = run(tempfile.mkdtemp(), settings_for(4))
devices = keras.distribution.list_devices()
assert len(devices) == 2, devices
keras.distribution.set_distribution(
    keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False)
)
two, (model, _) = run(tempfile.mkdtemp(), settings_for(4))
assert len(model.softmax.kernel.value.sharding.device_set) == 2
np.testing.assert_allclose(two, one, rtol=1e-5)
"""


@pytest.mark.portable
def test_two_devices_train_as_one():
    if keras.config.backend() != "jax":
        pytest.skip("keras.distribution works on JAX only")
    here = os.path.dirname(__file__)
    flags = "--xla_force_host_platform_device_count=2"  # of a process of its own
    environment = {**os.environ, "XLA_FLAGS": flags, "KERAS_BACKEND": "jax"}
    command = [sys.executable, "-c", PROGRAM, here, os.path.dirname(here)]
    subprocess.run(command, env=environment, check=True)
