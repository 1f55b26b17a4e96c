"""Loading the backend for a command: its threads."""

import os
import subprocess
import sys

import pytest

CODE = """
from keras_elmo.cli.backend import load_backend
load_backend(trains={trains})
from tensorflow.config import threading
print(threading.get_inter_op_parallelism_threads(), threading.get_intra_op_parallelism_threads())
"""


@pytest.mark.parametrize("trains", [True, False])
def test_training_gives_each_direction_its_own_threads(trains):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_NUM_")}
    shown = subprocess.run(
        [sys.executable, "-c", CODE.format(trains=trains)],
        env=environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    half = max(1, (os.cpu_count() or 2) // 2)
    assert shown == (["2", str(half)] if trains else ["0", "0"])
