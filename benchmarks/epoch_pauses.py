"""Where a training on TensorFlow stands still: Keras reading a PyDataset, and `keras_data`.

    python -m benchmarks.epoch_pauses DATA [--epochs 6] [--rounds 3]

The default classifier on stored features of a frozen `elmo_mini_en`, PhraseBank in DATA/splits.
Both ways take turns in one process; printed are seconds of an epoch by the clock and of all
threads: what the first has more than the second, with one thread each, nobody computed.
"""

import argparse
import os
import time
from pathlib import Path
from statistics import median

# One thread, so that seconds by the clock and of all threads can be compared.
os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
from rich.console import Console
from rich.table import Table

from benchmarks.pretraining_gain import read_split
from keras_elmo import ElmoEmbedder, ElmoTextClassifier
from keras_elmo.batching.keras_data import keras_data


class EpochTimes(keras.callbacks.Callback):
    """Seconds of each epoch, by the clock and of all threads."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.begin = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        clock, threads = self.begin
        self.seconds.append((time.perf_counter() - clock, time.process_time() - threads))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with splits/NAME in it")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    train, dev, _ = read_split(arguments.data / "splits" / "fpb-50agree")
    task = ElmoTextClassifier.from_preset(
        "elmo_mini_en", labels=train.classes(), mix="concat", word_vectors=None
    )
    embedder = ElmoEmbedder("elmo_mini_en")
    sets = []
    for part in (train, dev):
        batches = task.batches(part.texts, part.labels)
        batches.features = embedder.embed(part.texts)
        # Of a PyDataset Keras takes what its first two batches have in common for the size of all.
        batches.rows[1], batches.rows[-1] = batches.rows[-1], batches.rows[1]
        sets.append(batches)
    ways = {"PyDataset": lambda batches: batches, "keras_data": keras_data}
    found = {name: [] for name in ways}
    for _ in range(arguments.rounds):
        for name, way in ways.items():
            times = EpochTimes()
            given, held_out = map(way, sets)
            options = {"epochs": arguments.epochs + 1, "shuffle": False, "verbose": 0}
            keras.Model.fit(task, given, validation_data=held_out, callbacks=[times], **options)
            found[name] += times.seconds[1:]  # the first one compiles
    table = Table("training data", "seconds an epoch", "longest", "of all threads")
    for name, seconds in found.items():
        clock, threads = zip(*seconds, strict=True)
        table.add_row(name, f"{median(clock):.1f}", f"{max(clock):.1f}", f"{median(threads):.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
