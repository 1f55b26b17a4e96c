"""What `find-rate` suggests for a head, beside the best of a grid of rates.

    python -m benchmarks.find_rate DATA -o find_rate.jsonl
    python -m benchmarks.find_rate --report -o find_rate.jsonl

DATA/splits/NAME holds train, dev and test. Of each training set 1,000 sentences are taken; ELMo is
frozen and computed once. A rate of the grid is a plain training of ten epochs with two seeds, and
its score is that of the best epoch on the development set. A finished run is a line of the JSON
Lines file and is not done again. The report compares rules on the same range tests.
"""

import argparse
import os
from itertools import product
from pathlib import Path
from statistics import mean

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from benchmarks.pretraining_gain import read_split
from benchmarks.pretraining_gain_plan import do_all, read_rows
from keras_elmo.workflows.labelled_files import LabelledData
from keras_elmo.workflows.rate_finder import find_learning_rate, smooth
from keras_elmo.workflows.runs import TrainingRun
from keras_elmo.workflows.training import train_task

SETS = ("fpb-50agree", "snips-intent", "wikigold")
RATES = (5e-4, 1e-3, 2e-3, 4e-3, 8e-3)
SEEDS = (1, 2)
SENTENCES, EPOCHS = 1000, 10


def read(folder, name):
    """A part of the training set, and the development set."""
    rows, dev, _ = read_split(folder / name)
    chosen = np.random.default_rng(0).permutation(len(rows))[:SENTENCES].tolist()
    return LabelledData(rows.rows(chosen), dev, rows.classes())


def do(folder, run):
    """A training with a rate, or a range test where there is none."""
    data = read(folder, run["set"])
    keras.utils.clear_session()
    options = {"data": run["set"], "seed": run["seed"], "epochs": EPOCHS, "patience": EPOCHS}
    training = TrainingRun.from_options(options | {"learning_rate": run["rate"]})
    task, rows, dev = training.build(data), data.rows, data.held_out
    if run["rate"] is None:
        found = find_learning_rate(task, rows.texts, rows.labels, seed=run["seed"])
        return run | {"rates": found.rates, "losses": found.losses, "suggested": found.suggested}
    dev_rows = dev.texts, dev.labels
    result = train_task(task, rows.texts, rows.labels, dev_rows, **training.training())
    name = "val_f1" if "val_f1" in result.history[0] else "val_accuracy"
    return run | {"score": max(row[name] for row in result.history)}


def report(rows):
    """A row a set: the grid's scores, its best rate, and what rules make of the range tests."""
    rates = sorted({row["rate"] for row in rows if row["rate"]})
    head = [*(f"{rate:g}" for rate in rates), "best", "suggested", *RULES]
    print("| | " + " | ".join(head) + " |\n" + "| --- " * (len(head) + 1) + "|")
    for name in dict.fromkeys(row["set"] for row in rows):
        ours = [row for row in rows if row["set"] == name]
        scores = [mean(row["score"] for row in ours if row["rate"] == rate) for rate in rates]
        tests = [row for row in ours if row["rate"] is None]
        suggested = [[row["suggested"] for row in tests]]
        suggested += [
            [rule(row["rates"], row["losses"]) for row in tests] for rule in RULES.values()
        ]
        cells = [f"{100 * score:.1f}" for score in scores]
        cells.append(f"{rates[int(np.argmax(scores))]:g}")
        cells += [", ".join(f"{rate:.1e}" for rate in found) for found in suggested]
        print(f"| {name} | " + " | ".join(cells) + " |")


def of_lowest(rates, losses):
    """A tenth of the rate with the lowest smoothed loss."""
    return rates[int(np.argmin(smooth(losses)))] / 10


def of_steepest(rates, losses):
    """The rate at which the smoothed loss falls fastest."""
    smoothed = np.array(smooth(losses))
    end = 1 + int(np.argmin(smoothed))
    slope = np.gradient(smoothed)[10:end]
    return rates[10 + int(np.argmin(slope))] if len(slope) else rates[end - 1]


RULES = {"a tenth of the lowest": of_lowest, "the steepest": of_steepest}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--report", action="store_true")
    arguments = parser.parse_args()
    done = read_rows(arguments.output)
    if arguments.report:
        report(done)
        return
    known = {(row["set"], row["seed"], row["rate"]) for row in done}
    runs = [
        {"set": name, "seed": seed, "rate": rate}
        for name, rate, seed in product(SETS, (None, *RATES), SEEDS)
        if (name, seed, rate) not in known
    ]
    folder = arguments.data / "splits"
    do_all(runs, lambda run: do(folder, run), arguments.output)


if __name__ == "__main__":
    main()
