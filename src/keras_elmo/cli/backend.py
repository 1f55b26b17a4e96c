"""Load Keras and its backend without the start-up notices that TensorFlow writes past Python."""

import logging
import os
import sys


def load_backend(*, trains: bool = False) -> None:
    """Choose a backend and import it; its notices are shown only if that fails.

    Args:
        trains: whether to give each direction of an LSTM its own threads, and each step the memory
            of the one before, which must be settled before anything is computed.

    Raises:
        BackendError: there is none.
    """
    from keras_elmo._backend import ensure_backend, held_back_notices

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # notices that come later
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # likewise: hints about its graphs
    ensure_backend()
    if "keras" in sys.modules:
        return
    with held_back_notices():
        import keras

        if trains:
            from keras_elmo.layers.memory import keep_freed_memory
            from keras_elmo.layers.threads import one_pool_per_direction

            keep_freed_memory()
            one_pool_per_direction()
        keras.ops.zeros(1)  # finds the devices now
