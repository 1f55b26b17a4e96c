"""What training ELMo too buys, and what it forgets: one BiLSTM head, more and more careful recipes.

    python -m benchmarks.fine_tuning DATA -o fine_tuning.jsonl
    python -m benchmarks.fine_tuning --report -o fine_tuning.jsonl

DATA/splits/NAME holds train, dev and test, DATA/wikitext2 the text that perplexity is measured on.
Heads, rates of the head and batches are those of `benchmarks.pretraining_gain`. Every run keeps the
epoch that is best on the development set and has a process of its own, whose memory and time (of
all its threads, so that other programs do not count) are written down. A finished run is a line of
the JSON Lines file and is not done again.
"""

import argparse
import json
import multiprocessing
import os
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

from benchmarks.fine_tuning_report import report
from benchmarks.pretraining_gain import HEADS, TRAINING, build, measure, read_split
from benchmarks.pretraining_gain_plan import read_rows, rows_of_epoch
from keras_elmo import ForgettingMonitor
from keras_elmo.fine_tuning.recipes import RECIPES, Recipe
from keras_elmo.workflows.training import train_task

SETS = ("fpb-50agree", "sst2", "wnut17", "wikigold")
EPOCHS, PATIENCE = 6, 6  # all epochs: plans and schedules are laid out over them
_DISCRIMINATIVE = Recipe("all", elmo_learning_rate=1e-4)
_SLANTED = replace(_DISCRIMINATIVE, schedule="slanted_triangular")
_GRADUAL = replace(_SLANTED, unfreezing="gradual")
VARIANTS = {
    "frozen": RECIPES["frozen"],
    "one rate": Recipe("all", elmo_rate_decay=1.0),  # the head's, see `recipe_of`
    "discriminative": _DISCRIMINATIVE,
    "+ slanted triangular": _SLANTED,
    "+ gradual unfreezing": _GRADUAL,
    "+ L2-SP": replace(_GRADUAL, l2_sp=1.0),
    "slight": RECIPES["slight"],
}
PERPLEXITY_LINES = 100


class Clock(keras.callbacks.Callback):
    """Seconds of all threads in each epoch, development set and all."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.begin = time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.process_time() - self.begin)


def recipe_of(name, kind):
    """A variant at the head's rate for this kind of task."""
    rate = TRAINING[kind]["learning_rate"]
    recipe = replace(VARIANTS[name], learning_rate=rate)
    return replace(recipe, elmo_learning_rate=rate) if name == "one rate" else recipe


def do(run, data, preset, recipe=None):
    """A finished row."""
    split = read_split(Path(data) / "splits" / run["set"])
    train, dev, test = split
    keras.utils.set_random_seed(run["seed"])
    task = build(train, train.classes(), preset, pretrained=True, head=HEADS[train.kind])
    monitor = ForgettingMonitor(task.backbone, task.preprocessor, preset, text=plain_text(data))
    clock, size = Clock(), TRAINING[train.kind]["batch_size"]
    repeated = train.rows(rows_of_epoch(len(train), size))
    result = train_task(
        task,
        repeated.texts,
        repeated.labels,
        (dev.texts, dev.labels),
        recipe=recipe or recipe_of(run["recipe"], train.kind),
        epochs=EPOCHS,
        patience=PATIENCE,
        batch_size=size,
        seed=run["seed"],
        callbacks=[clock],
    )
    if result.interrupted:
        raise SystemExit("\ninterrupted: call it again to go on")
    peak = peak_memory()
    now, before = monitor.measure(), monitor.before["perplexity"]
    return run | {
        **measure(task, test),
        "dev": measure(task, dev)["score"],
        "best_epoch": result.best_epoch,
        "perplexity_before": round(before, 2),
        "perplexity": round(now["perplexity"], 2),
        "cka": round(min(value for name, value in now.items() if name.startswith("cka")), 4),
        "cpu_seconds_an_epoch": [round(seconds, 1) for seconds in clock.seconds],
        "peak_bytes": peak,
    }


def peak_memory():
    """Bytes; not `ru_maxrss`, which a new process inherits from the one that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def plain_text(data):
    """Sentences of encyclopedic prose, as lists of tokens."""
    lines = (Path(data) / "wikitext2" / "valid.txt").read_text(encoding="utf-8").splitlines()
    prose = [line.split() for line in lines if line.strip() and not line.startswith(" =")]
    return [words[:60] for words in prose[:PERPLEXITY_LINES]]


def pending(done, sets, recipes, seeds):
    """The runs to do: a first seed of everything before a second one of anything."""
    known = {(row["set"], row["recipe"], row["seed"]) for row in done}
    for seed, name, recipe in product(range(seeds), sets, recipes):
        if (name, recipe, seed) not in known:
            yield {"set": name, "recipe": recipe, "seed": seed}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="folder with splits/NAME in it")
    parser.add_argument("--preset", default="elmo_mini_en", help="with its language model")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--recipes", default=",".join(VARIANTS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON Lines, appended to")
    parser.add_argument("--report", action="store_true", help="print tables of --output")
    arguments = parser.parse_args()
    if arguments.report:
        print(report(read_rows(arguments.output), list(VARIANTS)))
        return
    if arguments.data is None:
        parser.error("DATA is missing")
    names = arguments.sets.split(","), arguments.recipes.split(",")
    runs = list(pending(read_rows(arguments.output), *names, arguments.seeds))
    spawn = multiprocessing.get_context("spawn")
    for number, run in enumerate(runs, 1):
        with spawn.Pool(1) as process:
            row = process.apply(do, (run, arguments.data, arguments.preset))
        with arguments.output.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(
            f"{number}/{len(runs)} {row['set']}, {row['recipe']}, seed {row['seed']}: "
            f"{row['measure']} {row['score']:.2f} (dev {row['dev']:.2f}, epoch "
            f"{row['best_epoch']}), perplexity {row['perplexity_before']:.1f} → "
            f"{row['perplexity']:.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
