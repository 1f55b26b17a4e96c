"""Load Keras and its backend without the start-up notices that TensorFlow writes past Python."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


def load_backend(*, trains: bool = False) -> None:
    """Choose a backend and import it; its notices are shown only if that fails.

    Args:
        trains: whether to give each direction of an LSTM its own threads, which must be settled
            before anything is computed.

    Raises:
        BackendError: there is none.
    """
    from keras_elmo._backend import ensure_backend

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # notices that come later
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # likewise: hints about its graphs
    ensure_backend()
    if "keras" in sys.modules:
        return
    with _held_back_notices():
        import keras

        if trains:
            from keras_elmo.layers.threads import one_pool_per_direction

            one_pool_per_direction()
        keras.ops.zeros(1)  # finds the devices now


@contextmanager
def _held_back_notices() -> Iterator[None]:
    """Keep what C code writes to standard error, and show it only after an exception."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as notices:
        os.dup2(notices.fileno(), 2)
        try:
            yield
        except BaseException:
            notices.seek(0)
            os.write(terminal, notices.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
