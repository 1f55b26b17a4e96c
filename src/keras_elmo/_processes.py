"""Processes that other ones start."""

import multiprocessing
import os
from multiprocessing.connection import wait


def end_with_parent() -> None:
    """End this process when its parent ends: a killed one must not leave others waiting for it."""
    parent = multiprocessing.parent_process()
    if parent:
        wait([parent.sentinel])
        os._exit(1)
