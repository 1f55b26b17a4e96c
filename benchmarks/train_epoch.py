"""Seconds of an epoch on a frozen full-size ELMo: recomputed, or from the feature store.

    python -m benchmarks.train_epoch [--text FILE] [--sentences 512] [--preset FOLDER] [-o OUT] \
        [--picture FILE]

The default classifier (`--units` for a BiLSTM of another size) on ELMo of the original shape
(93.6 M random weights, or a preset of yours).
Each way trains a model of its own; an epoch's time is the median over all epochs but the first,
which compiles. FILE has a label, a tab and a tokenised sentence on each line.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from benchmarks.full_size import CONFIG
from keras_elmo import ElmoBackbone, ElmoPreprocessor, ElmoTextClassifier

TEXT = Path(__file__).parents[2] / "shared/data/splits/fpb-50agree/train.tsv"
WAYS = {"recomputed": (False, 3), "float16 store": (True, 11), "float32 store": ("float32", 11)}


class EpochTimes(keras.callbacks.Callback):
    """Seconds of each epoch."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.begin = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.begin)


def draw(path, found, tokens):
    """A point an epoch, in seconds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.4), layout="constrained")
    axes = figure.subplots()
    for place, (way, seconds) in enumerate(found.items()):
        colour = "silver" if way == "recomputed" else "tab:blue"
        axes.barh(place, statistics.median(seconds), color=colour)
        axes.plot(seconds, [place] * len(seconds), "k.", markersize=4)
    axes.set_yticks(range(len(found)), list(found))
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel(f"seconds of an epoch ({tokens:,} tokens); a dot each, the bar is their median")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, default=TEXT)
    parser.add_argument("--sentences", type=int, default=512)
    parser.add_argument("--preset", help="instead of random weights of the original shape")
    parser.add_argument("--units", type=int, default=128)
    parser.add_argument("-o", "--output", type=Path, help="JSON with every epoch.")
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    lines = arguments.text.read_text(encoding="utf-8").splitlines()[: arguments.sentences]
    labels, texts = zip(*(line.split("\t", 1) for line in lines), strict=True)
    tokens = sum(len(text.split()) for text in texts)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KERAS_ELMO_CACHE"] = folder
        keras.utils.set_random_seed(0)
        backbone = (
            ElmoBackbone.from_preset(arguments.preset)
            if arguments.preset
            else ElmoBackbone(**CONFIG)
        )
        for way, (cache, epochs) in WAYS.items():
            task = ElmoTextClassifier(
                backbone,
                labels=sorted(set(labels)),
                preprocessor=ElmoPreprocessor("whitespace"),
                lstm_units=arguments.units,
            )
            times = EpochTimes()
            history = task.fit(
                list(texts), labels, cache=cache, epochs=epochs, callbacks=[times], verbose=0
            )
            found[way] = times.seconds[1:]
            print(f"{way}: {getattr(history, 'features', 'ELMo in every epoch')}")
    slow = statistics.median(found["recomputed"])
    print(f"{tokens:,} tokens, {len(texts)} sentences, {platform.machine()}")
    for way, seconds in found.items():
        median = statistics.median(seconds)
        print(
            f"{way:14} {median:8.3f} s ({min(seconds):.3f}-{max(seconds):.3f}), "
            f"{tokens / median:10,.0f} tokens/s, × {slow / median:.1f}"
        )
    if arguments.output:
        record = {"tokens": tokens, "seconds": found, "keras": keras.__version__}
        record |= {"numpy": np.__version__, "backend": keras.config.backend()}
        arguments.output.write_text(json.dumps(record, indent=1))
    if arguments.picture:
        draw(arguments.picture, found, tokens)


if __name__ == "__main__":
    main()
