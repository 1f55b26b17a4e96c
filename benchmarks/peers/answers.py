"""What every program of `benchmarks.embed` does with the lines it is sent, whatever its library.

It needs NumPy only, as it runs in the Pythons of the peers, too. The folder of a benchmark has
`sentences.json`, a list of token lists, and the weights. Each line of standard input is a command,
and each gets one line of JSON back:

- `vectors FILE`: write the vectors of the first batch to an `.npz`, as float32.
- `round MODE COUNT`: embed so many sentences and answer the seconds; the mode `sorted` takes the
  longest first, every other one as they come.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np

BATCH = 64
Embed = Callable[[list[list[str]]], Iterable[np.ndarray]]


def batches(sentences):
    """Sentences, 64 at a time."""
    for begin in range(0, len(sentences), BATCH):
        yield sentences[begin : begin + BATCH]


def serve(
    folder: str,
    packages: list[str],
    load: Callable[[], Embed | tuple[Embed, Mapping[str, Callable[[], None]]]],
) -> None:
    """Answer until standard input ends.

    Args:
        folder: of the benchmark.
        packages: whose versions are told first.
        load: gives the function of sentences to measure, which yields an array of each sentence,
            and if need be what is to be done before a round of a mode, unmeasured.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints is no answer
    sentences = json.loads(Path(folder, "sentences.json").read_text(encoding="utf-8"))
    loaded = load()
    embed, before = loaded if isinstance(loaded, tuple) else (loaded, {})
    versions = {name: version(name) for name in packages}
    print(json.dumps({"versions": versions}), file=answers)
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "vectors":
            first = embed(sentences[:BATCH])
            np.savez(arguments[0], *[np.array(array, np.float32) for array in first])
            print(json.dumps({}), file=answers)
            continue
        mode, count = arguments[0], int(arguments[1])
        chosen = sentences[:count]
        if mode == "sorted":
            chosen = sorted(chosen, key=len, reverse=True)
        before.get(mode, lambda: None)()
        begin = time.perf_counter()
        for _ in embed(chosen):
            pass
        print(json.dumps({"seconds": time.perf_counter() - begin}), file=answers)
