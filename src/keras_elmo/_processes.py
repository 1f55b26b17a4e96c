"""Processes that other ones start."""

import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait


def obey_parent() -> None:
    """Leave Ctrl-C, which reaches all processes, to the parent, and end when that ends.

    A parent that is killed must not leave others waiting for it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        wait([parent.sentinel])
        os._exit(1)
