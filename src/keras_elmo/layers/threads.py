"""How many threads share the work of a step."""

import os
from contextlib import suppress

import keras


def one_pool_per_direction() -> None:
    """Let TensorFlow run both directions side by side, each on half of the cores.

    The two directions never wait for each other, while the threads of one small matrix product do:
    on two cores a step takes four fifths of the time. Has no effect once TensorFlow has computed
    something; settings in its own environment variable are kept.
    """
    if keras.config.backend() != "tensorflow" or "TF_NUM_INTRAOP_THREADS" in os.environ:
        return
    from tensorflow import config

    with suppress(RuntimeError):  # it computes already, and keeps the threads it has
        config.threading.set_inter_op_parallelism_threads(2)
        config.threading.set_intra_op_parallelism_threads(max(1, (os.cpu_count() or 2) // 2))
