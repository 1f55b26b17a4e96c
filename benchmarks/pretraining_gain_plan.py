"""Which runs of `pretraining_gain` there are, which are done, and the rows they learn from."""

import json
from itertools import product

import numpy as np

from benchmarks.pretraining_gain_report import UNTRAINED

MIN_EXAMPLES = 20
MIN_STEPS = 50  # of an epoch: small training sets are repeated, so that patience is comparable


def subset(labels, fraction, seed, at_least=MIN_EXAMPLES):
    """Sorted row numbers of a share of the training set; larger shares contain the smaller ones.

    Args:
        labels: of the rows; a label a row makes the subset stratified by class, with every class
            in it; lists of tags do not.
        fraction: above 0, up to 1.
        at_least: rows, where there are so many.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    share = min(1.0, max(fraction, at_least / len(labels)))
    classes = {}
    for row in order:
        classes.setdefault(labels[row] if isinstance(labels[row], str) else "", []).append(row)
    return sorted(int(i) for rows in classes.values() for i in rows[: _count(len(rows), share)])


def _count(rows, share):
    return max(1, round(rows * share))


def pending(done, presets, sets, fractions, seeds):
    """The runs to do, in order: a first seed of everything before a second one of anything."""
    known = {run_key(row) for row in done}
    for seed, fraction, name in product(range(seeds), fractions, sets):
        for elmo in (UNTRAINED, *presets):
            run = {"set": name, "elmo": elmo, "fraction": fraction, "seed": seed}
            if run_key(run) not in known:
                yield run


def run_key(row):
    return row["set"], row["elmo"], row["fraction"], row["seed"]


def read_rows(path):
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def do_all(runs, do, path):
    """Do each run and write its row: a line of JSON, which is also shown."""
    for number, run in enumerate(runs, 1):
        row = json.dumps(do(run))
        with path.open("a") as file:
            file.write(row + "\n")
        print(f"{number}/{len(runs)} {row}", flush=True)


def rows_of_epoch(examples, batch_size):
    """All row numbers, so many times that they make MIN_STEPS batches."""
    return np.tile(np.arange(examples), -(-MIN_STEPS * batch_size // examples))
