"""Memory that is freed and soon needed again, and what the C library (glibc) does with it."""

import ctypes
import os
from typing import Any

# Parameters of `mallopt` in glibc's malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -2, -3, -8
_LARGE = 1 << 30  # bytes


def keep_freed_memory() -> None:
    """Let the arrays of one training step take the memory of those of the step before.

    By default large arrays are mapped for themselves and unmapped when they are freed, and the
    system fills each page with zeros when it is touched: about a tenth of the time of a step with
    arrays of tens of megabytes (`benchmarks.freed_memory`). `give_back_memory` returns what is
    kept. Settings in the C library's own environment variables (`MALLOC_…`) stand.
    """
    set_option = _function("mallopt")
    if set_option is None or any(name.startswith("MALLOC_") for name in os.environ):
        return
    set_option(_ARENA_MAX, 1)  # the heaps of other threads cannot hold large arrays
    set_option(_MMAP_THRESHOLD, _LARGE)
    set_option(_TRIM_THRESHOLD, _LARGE)
    set_option(_TOP_PAD, 64 << 20)


def give_back_memory() -> None:
    """Let the C library return what was freed, where it can be asked to.

    Batches of all lengths and evaluations take arrays of all sizes between those that stay. Without
    this, the holes they leave make a run of hours grow by a few hundred megabytes.
    """
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


def _function(name: str) -> Any:
    """A function of the C library, or None: another C library, another system."""
    try:
        return getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError, TypeError):
        return None
