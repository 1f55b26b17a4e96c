"""Whether the memory of a pre-training run stays flat, and if not, what holds it.

    python -m benchmarks.pretraining_memory TEXT... --heldout TEXT -o memory.jsonl [--seconds 10]

A run of the embedded ELMo's shape that evaluates far more often than anyone would. After each
evaluation a line tells the memory of its own (RssAnon) and who has it: what the C library gave out
and what it only keeps (`mallinfo2`), the objects of Python and the graphs of TensorFlow, garbage
too. If what is given out stays, a growing process has holes; if it grows, something is kept.
`mapped` is what was given out in pieces of their own, such as the regions of TensorFlow's
allocator, which only grow. It is about memory, not speed: it may run beside other work. Linux only.
"""

import argparse
import collections
import ctypes
import gc
import json
import os
import re
import tempfile
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from keras_elmo.pretraining.config import PretrainingConfig
from keras_elmo.pretraining.corpus import prepare_corpus
from keras_elmo.pretraining.evaluation import RunMeasures
from keras_elmo.pretraining.training import pretrain


class MallInfo(ctypes.Structure):
    """`struct mallinfo2` of glibc, in bytes."""

    _fields_ = [
        *((name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd")),
        *((name, ctypes.c_size_t) for name in ("usmblks", "fsmblks", "uordblks", "fordblks")),
        ("keepcost", ctypes.c_size_t),
    ]


def memory_row():
    """MB by who has it, and counts of objects."""
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = MallInfo
    found = mallinfo2()
    status = Path("/proc/self/status").read_text()
    kinds = collections.Counter(type(item).__name__ for item in gc.get_objects())
    return {
        "own": int(re.search(r"RssAnon:\s+(\d+)", status)[1]) * 1024 / 1e6,
        "given_out": (found.uordblks + found.hblkhd) / 1e6,
        "mapped": found.hblkhd / 1e6,
        "kept": found.fordblks / 1e6,
        "objects": sum(kinds.values()),
        "graphs": kinds["FuncGraph"],
        "nodes": kinds["Node"],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", nargs="+", type=Path)
    parser.add_argument("--heldout", type=Path, required=True)
    parser.add_argument("--units", type=int, default=512)
    parser.add_argument("--projection", type=int, default=128)
    parser.add_argument("--seconds", type=float, default=10.0, help="between evaluations")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    config = PretrainingConfig(
        vocabulary_size=20_000,
        num_samples=1024,
        tokens_per_batch=2560,
        max_seconds=60 * arguments.minutes,
        evaluation_seconds=arguments.seconds,
    )
    shape = {"units": arguments.units, "projection_dim": arguments.projection}

    def show(row):
        line = {"seconds": round(row["seconds"])} | {k: round(v) for k, v in memory_row().items()}
        print(line, flush=True)
        with arguments.output.open("a") as file:
            file.write(json.dumps(line) + "\n")

    with tempfile.TemporaryDirectory() as folder:
        corpus = prepare_corpus(arguments.texts, Path(folder) / "corpus")
        measures = RunMeasures(corpus, arguments.heldout)
        pretrain(corpus, shape, config, folder, evaluate=measures, on_evaluation=show)


if __name__ == "__main__":
    main()
