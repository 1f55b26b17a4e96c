"""What `keep_freed_memory` saves: python -m benchmarks.freed_memory [--rounds 3] [--steps 8]

A training step with large arrays, as of a question answerer: BiLSTM and self-attention on 32
passages of 300 words. Processes with the C library's defaults and with freed memory kept take
turns; printed are seconds of all threads a step, pages that the system had to fill, and the memory
at its highest. Linux with glibc only.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from statistics import median

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from rich.console import Console
from rich.table import Table

BATCH, WORDS, FEATURES, UNITS = 32, 300, 256, 64


def measure(steps):
    """Seconds and pages a step, and MB."""
    import keras
    import numpy as np

    from keras_elmo.layers.attention_flow import SelfAttention
    from keras_elmo.layers.bilstm import BiLSTM

    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, FEATURES))
    x = BiLSTM(UNITS)(inputs)
    x = SelfAttention()(x)
    x = keras.layers.Dropout(0.2)(keras.layers.Dense(4 * UNITS, "relu")(x))
    model = keras.Model(inputs, keras.layers.Dense(1)(BiLSTM(UNITS)(x)))
    model.compile("adam", "mse", jit_compile=False)
    batch = np.random.default_rng(0).normal(size=(BATCH, WORDS, FEATURES)).astype(np.float32)
    target = np.zeros((BATCH, WORDS, 1), np.float32)
    model.train_on_batch(batch, target)
    before, begin = resource.getrusage(resource.RUSAGE_SELF), time.process_time()
    for _ in range(steps):
        model.train_on_batch(batch, target)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": (time.process_time() - begin) / steps,
        "pages": (after.ru_minflt - before.ru_minflt) / steps,
        "MB": after.ru_maxrss * 1024 / 1e6,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--child", choices=["default", "kept"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        if arguments.child == "kept":
            from keras_elmo.layers.memory import keep_freed_memory

            keep_freed_memory()
        print(json.dumps(measure(arguments.steps)))
        return
    found = {"default": [], "kept": []}
    for _ in range(arguments.rounds):
        for name, rows in found.items():
            command = [sys.executable, "-m", "benchmarks.freed_memory", "--child", name]
            command += ["--steps", str(arguments.steps)]
            shown = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
            rows.append(json.loads(shown.splitlines()[-1]))
    table = Table("freed memory", "seconds of all threads", "range", "pages", "MB")
    for name, rows in found.items():
        seconds = sorted(row["seconds"] for row in rows)
        pages, size = (median(row[key] for row in rows) for key in ("pages", "MB"))
        span = f"{seconds[0]:.3f}–{seconds[-1]:.3f}"
        table.add_row(name, f"{median(seconds):.3f}", span, f"{pages:,.0f}", f"{size:,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
