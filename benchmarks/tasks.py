"""What each task reaches on a frozen ELMo, on an untrained one, and with an epoch of training it.

    python -m benchmarks.tasks DATA -o tasks.jsonl [--sets wikigold,wnut17] [--seeds 3]
    python -m benchmarks.tasks --report -o tasks.jsonl

DATA/splits/NAME holds train, dev and test. Every set has settings of its own, chosen on its
development set; every run keeps the epoch that is best there, and some then go on for an epoch in
which all of ELMo trains. Classifiers of texts are measured without and with naive Bayes on n-grams
(`add_ngrams`). A finished run is a line of the JSON Lines file and is not done again. Questions and
pronunciations have programs of their own: `answers` and `pronunciation`.
"""

import argparse
import os
import time
from itertools import product
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

from benchmarks.pretraining_gain import read_split
from benchmarks.pretraining_gain_plan import do_all, read_rows, rows_of_epoch
from benchmarks.pretraining_gain_report import UNTRAINED
from benchmarks.tasks_report import FINAL, WITH_EPOCH, report
from benchmarks.tasks_settings import SETTINGS, WITH_ELMO
from keras_elmo import ElmoBackbone, ElmoPreprocessor, ElmoTextClassifier, load_word_vectors
from keras_elmo.data.datasets import JointDataset
from keras_elmo.workflows.building import build_task
from keras_elmo.workflows.training import train_task

ELMOS = [FINAL, UNTRAINED, WITH_EPOCH]


def read_parts(folder, name, scheme):
    """Train, dev and test; SNIPS with slots and intents together."""
    if name != "snips":
        parts = read_split(folder / name)
    else:
        slots, intents = (read_split(folder / f"snips-{part}") for part in ("slots", "intent"))
        parts = [joined(*pair) for pair in zip(slots, intents, strict=True)]
    return [part.in_scheme(scheme) for part in parts]


def joined(slots, intents):
    """Two data sets of the same sentences as one."""
    rows = zip(slots.labels, intents.labels, strict=True)
    labels = [{"slots": tags, "intent": intent} for tags, intent in rows]
    return JointDataset(slots.path, "joint", slots.texts, labels, slots.lines)


def train(parts, run, settings, preset):
    """A task with the weights of its best epoch, and the training's record."""
    train, dev, _ = parts
    keras.utils.clear_session()
    keras.utils.set_random_seed(run["seed"])
    backbone = ElmoBackbone.from_preset(preset, load_weights=run["elmo"] != UNTRAINED)
    config = ElmoPreprocessor.from_preset(preset).get_config() | {"tokenizer": "whitespace"}
    preprocessor = ElmoPreprocessor.from_config(config)
    head = dict(settings["head"])
    if run["elmo"] != UNTRAINED:  # else vectors of the training set's words, from random ones
        head |= {"word_vectors": load_word_vectors(preset), "word_embedding_dim": None}
    task = build_task(train, backbone, preprocessor, train.classes(), **head)
    options = dict(settings["training"])
    task.compile(learning_rate=options.pop("learning_rate"))
    repeated = train.rows(rows_of_epoch(len(train), options["batch_size"]))
    dev_rows = dev.texts, dev.labels
    result = train_task(
        task, repeated.texts, repeated.labels, dev_rows, seed=run["seed"], **options
    )
    if result.interrupted or result.diverged:
        raise SystemExit(result.diverged or "\ninterrupted: call it again to go on")
    if run["elmo"] == WITH_EPOCH:
        options = {"batch_size": options["batch_size"], "seed": run["seed"], "verbose": 2}
        task.fit(train.texts, train.labels, recipe=WITH_ELMO, **options)
    return task, result


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


def do(run, folder, preset):
    """A finished row."""
    begin = time.process_time()
    settings = SETTINGS[run["set"]]
    parts = read_parts(folder, run["set"], settings.get("scheme"))
    task, result = train(parts, run, settings, preset)
    test, dev = measure(task, parts[2]), measure(task, parts[1])
    if isinstance(task, ElmoTextClassifier):
        train_rows, dev_rows, _ = ((part.texts, part.labels) for part in parts)
        task.add_ngrams(*train_rows, dev_rows, batch_size=64)
        for measures, data in ((test, parts[2]), (dev, parts[1])):
            found = measure(task, data)
            measures |= {f"{name}, with n-grams": value for name, value in found.items()}
            measures["accuracy, n-grams alone"] = ngrams_alone(task, data)
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
    parser.add_argument("--sets", default=",".join(SETTINGS))
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
    folder, preset = arguments.data / "splits", arguments.preset
    do_all(runs, lambda run: do(run, folder, preset), arguments.output)


if __name__ == "__main__":
    main()
