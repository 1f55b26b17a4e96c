"""What a long run does not need any more goes back to the system."""

import ctypes


def give_back_memory() -> None:
    """Let the C library return what was freed, where it can be asked to (glibc).

    Batches of all lengths and evaluations take arrays of all sizes between those that stay. Without
    this, the holes they leave make a run of hours grow by a few hundred megabytes.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):  # another C library, another system
        return
    trim(0)
