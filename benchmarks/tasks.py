"""What each task reaches on a frozen ELMo, on an untrained one, and with an epoch of training it.

    python -m benchmarks.tasks DATA -o tasks.jsonl [--sets wikigold,wnut17] [--seeds 3]
    python -m benchmarks.tasks --report -o tasks.jsonl

DATA/splits/NAME holds train, dev and test. Every set has a command line of its own, chosen on its
development set (`tasks_settings`); every run keeps the epoch that is best there, and some then go
on for an epoch in which all of ELMo trains. Classifiers of texts are measured without and with
naive Bayes on n-grams (`add_ngrams`). A finished run is a line of the JSON Lines file and is not
done again. Questions and pronunciations have programs of their own: `answers` and `pronunciation`.
"""

import argparse
import json
import os
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

from benchmarks.command_lines import run_of
from benchmarks.pretraining_gain import PARTS, read_split
from benchmarks.pretraining_gain_plan import do_all, read_rows
from benchmarks.pretraining_gain_report import UNTRAINED
from benchmarks.tasks_report import FINAL, WITH_EPOCH, report
from benchmarks.tasks_settings import COMMANDS, UNTRAINED_WORDS, WITH_ELMO
from keras_elmo import ElmoTextClassifier
from keras_elmo.data import read_dataset
from keras_elmo.elmo.loading import load_backbone_and_preprocessor
from keras_elmo.workflows.runs import TrainingRun
from keras_elmo.workflows.training import train_task

ELMOS = [FINAL, UNTRAINED, WITH_EPOCH]


class UntrainedRun(TrainingRun):
    """A training on an ELMo of random weights."""

    def load_elmo(self):
        return load_backbone_and_preprocessor(
            self.preset, tokenizer=self.tokenizer, load_weights=False
        )


def training_of(run, folder, preset):
    """What the command line of a set runs, for a seed and an ELMo."""
    line = f"{COMMANDS[run['set']]} --preset {preset} --seed {run['seed']}"
    found = run_of(line)
    if run["elmo"] == UNTRAINED:
        found = run_of(f"{line} {UNTRAINED_WORDS}", UntrainedRun)
    return replace(found, data=str(folder / found.data), dev=str(folder / found.dev))


def write_snips(splits, folder):
    """Slots and intents of SNIPS as one file a part, where they are not there."""
    if folder.is_dir():
        return
    slots, intents = (read_split(splits / f"snips-{part}") for part in ("slots", "intent"))
    folder.mkdir(parents=True)
    for part, *pair in zip(PARTS, slots, intents, strict=True):
        rows = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in joined(*pair))
        (folder / f"{part}.jsonl").write_text(rows, encoding="utf-8")


def joined(slots, intents):
    """Records of two data sets of the same sentences."""
    return [
        {"tokens": tokens, "slots": tags, "intent": intent}
        for tokens, tags, intent in zip(slots.texts, slots.labels, intents.labels, strict=True)
    ]


def train(training, run):
    """The data, a task with the weights of its best epoch, and the training's record."""
    keras.utils.clear_session()
    data = training.read()
    rows, dev = data.rows, data.held_out
    task = training.build(data)
    dev_rows = dev.texts, dev.labels
    result = train_task(task, rows.texts, rows.labels, dev_rows, **training.training())
    if result.interrupted or result.diverged:
        raise SystemExit(result.diverged or "\ninterrupted: call it again to go on")
    if run["elmo"] == WITH_EPOCH:
        epoch = run_of(f"keras-elmo train {training.data} {WITH_ELMO}")
        options = {"batch_size": training.batch_size, "seed": run["seed"], "verbose": 2}
        task.fit(rows.texts, rows.labels, recipe=epoch.recipe(), **options)
    return data, task, result


def measure(task, data):
    """The measures of a data set in %, those of a joint tagger by column."""
    found = task.report(data.texts, data.labels, batch_size=64)
    columns = found["columns"].items() if "columns" in found else [("", found)]
    return {
        f"{column} {name}".strip(): round(100 * report[key], 3)
        for column, report in columns
        for name, key in chosen(report)
    }


def ngrams_alone(task, data):
    """Accuracy in % of both kinds of n-grams without a network, with the same weight."""
    sentences = task.tokenize(data.texts)
    best = sum(kind.scores(sentences) for kind in task.ngrams.kinds).argmax(axis=1)
    return round(100 * float((best == task.label_encoder.encode(data.labels)).mean()), 3)


def chosen(report):
    """Pairs of a measure's name and its key."""
    if (
        "f1" in report
    ):  # of spans: those against the scheme count as nothing, in BIOES there are none
        return [("F1", "strict_f1" if "strict_f1" in report else "f1")]
    return [("accuracy", "accuracy"), ("macro-F1", "macro_f1")]


def do(run, folders, preset):
    """A finished row."""
    begin = time.process_time()
    folder = folders.get(run["set"], folders[""])
    training = training_of(run, folder, preset)
    data, task, result = train(training, run)
    path = training.dev.replace("/dev.", "/test.")
    held_out = read_dataset(path, training.reading()).in_scheme(training.scheme)
    test, dev = measure(task, held_out), measure(task, data.held_out)
    if isinstance(task, ElmoTextClassifier):
        train_rows, dev_rows = ((part.texts, part.labels) for part in (data.rows, data.held_out))
        task.add_ngrams(*train_rows, dev_rows, batch_size=64)
        for measures, part in ((test, held_out), (dev, data.held_out)):
            found = measure(task, part)
            measures |= {f"{name}, with n-grams": value for name, value in found.items()}
            measures["accuracy, n-grams alone"] = ngrams_alone(task, part)
    return run | {
        "test": test,
        "dev": dev,
        "best_epoch": result.best_epoch,
        "epochs": len(result.history),
        "cpu_seconds": round(time.process_time() - begin),
    }


def pending(done, sets, seeds, elmos=(FINAL, UNTRAINED)):
    """The runs to do: a first seed of everything before a second one of anything."""
    known = {(row["set"], row["elmo"], row["seed"]) for row in done}
    for seed, name, elmo in product(range(seeds), sets, elmos):
        if (name, elmo, seed) not in known:
            yield {"set": name, "elmo": elmo, "seed": seed}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="folder with splits/NAME in it")
    parser.add_argument("--preset", default="elmo_mini_en")
    parser.add_argument("--sets", default=",".join(COMMANDS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--elmos", nargs="+", choices=ELMOS, default=ELMOS, help="the columns")
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON Lines, appended to")
    parser.add_argument("--report", action="store_true", help="print the table of --output")
    arguments = parser.parse_args()
    if arguments.report:
        print(report(read_rows(arguments.output)))
        return
    if arguments.data is None:
        parser.error("DATA is missing")
    sets = arguments.sets.split(",")
    done = read_rows(arguments.output)
    runs = list(pending(done, sets, arguments.seeds, arguments.elmos))
    folders = {"": arguments.data / "splits", "snips": arguments.output.parent}
    if "snips" in sets:
        write_snips(folders[""], folders["snips"] / "snips")
    do_all(runs, lambda run: do(run, folders, arguments.preset), arguments.output)


if __name__ == "__main__":
    main()
