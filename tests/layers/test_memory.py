"""What the C library keeps of freed arrays; each case in a process of its own."""

import ctypes
import os
import subprocess
import sys

import pytest

# Arrays of 60 MB in a thread, as TensorFlow's are made, and the pages that the system had to fill.
CODE = """
import resource, threading
import numpy as np
from keras_elmo.layers.memory import give_back_memory, keep_freed_memory

def pages():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        np.ones(15_000_000, np.float32)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

{first}
thread = threading.Thread(target=pages)
thread.start()
thread.join()
give_back_memory()
pages()
"""


def pages_filled(first, **environment):
    """Of 20 arrays in a thread, and of 20 more after what is free was given back."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    shown = subprocess.run(
        [sys.executable, "-c", CODE.format(first=first)],
        env=own | environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [int(number) for number in shown]


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="needs glibc")
def test_freed_memory_is_taken_again_until_it_is_given_back():
    often, _ = pages_filled("")
    once, again = pages_filled("keep_freed_memory()")
    kept, _ = pages_filled("keep_freed_memory()", MALLOC_ARENA_MAX="8")
    assert once < often / 4
    assert again > once / 4  # they had gone back to the system
    assert kept > often / 4  # whoever sets the C library's own variables is left alone
