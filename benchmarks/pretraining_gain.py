"""What pre-training buys: the same BiLSTM heads on an untrained and on pre-trained frozen ELMos.

    python -m benchmarks.pretraining_gain DATA --preset elmo_mini_en -o runs.jsonl
    python -m benchmarks.pretraining_gain --report -o runs.jsonl --picture curves.png

DATA/splits/NAME holds train, dev and test: `.tsv` (label, tab, tokenised text) or `.conll` (token
and tag). Every run learns from a fraction of the training set, keeps the epoch that is best on the
whole development set, and is measured on the test set. Each finished run is a line of the JSON
Lines file and is not done again, so the program can be stopped and called again at any time.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

from benchmarks.pretraining_gain_plan import pending, read_rows, rows_of_epoch, subset
from benchmarks.pretraining_gain_report import UNTRAINED, report
from keras_elmo import ElmoPreprocessor, ElmoTextClassifier, ElmoTokenClassifier
from keras_elmo.data import Reading, read_dataset
from keras_elmo.data.datasets import CLASSIFICATION, TAGGING
from keras_elmo.text import Vocabulary
from keras_elmo.workflows.training import train_task

SETS = [
    *("fpb-50agree", "fpb-allagree", "movie-reviews-rt", "sst2", "snips-intent"),
    *("wikigold", "wnut17", "conll2000", "snips-slots", "ud-ewt"),
]
# One setting a kind of task, for all ELMos and sets; chosen on development sets.
HEADS = {
    CLASSIFICATION: {
        "mix": "scalar",
        "mix_layer_norm": True,  # untrained and pre-trained features on the same scale
        "word_embedding_dim": 100,
        "word_embedding_dropout": 0.4,
        "lstm_units": 64,
        "pooling": "max",
        "elmo_dropout": 0.5,
        "dropout": 0.5,
        "recurrent_dropout": 0.0,
    },
    TAGGING: {
        "mix": "scalar",
        "mix_layer_norm": True,
        "word_embedding_dim": 100,
        "word_embedding_dropout": 0.3,
        "mix_at_output": True,
        "lstm_units": 128,
        "elmo_dropout": 0.2,
        "dropout": 0.5,
        "recurrent_dropout": 0.0,
    },
}
TRAINING = {
    CLASSIFICATION: {"learning_rate": 2e-3, "batch_size": 64, "epochs": 15, "patience": 4},
    TAGGING: {"learning_rate": 4e-3, "batch_size": 64, "epochs": 15, "patience": 3},
}
PARTS = ("train", "dev", "test")
MIN_COUNT = 2  # rarer words share `<UNK>`, which so learns what unknown words are like


def read_split(folder):
    """Train, dev and test."""
    if (folder / "train.tsv").exists():
        how = Reading(text="1", label="0", task=CLASSIFICATION)
        return [read_dataset(folder / f"{part}.tsv", how) for part in PARTS]
    return [read_dataset(folder / f"{part}.conll") for part in PARTS]


def build(data, labels, preset, *, pretrained, head):
    """An untrained head on a frozen ELMo, with word vectors for the words of the training set."""
    counts = {}
    for text in data.texts:
        for word in text.split(" ") if isinstance(text, str) else text:
            counts[word.lower()] = counts.get(word.lower(), 0) + 1
    words = Vocabulary.from_counts(counts, min_count=MIN_COUNT).tokens
    preprocessor = ElmoPreprocessor.from_preset(
        preset, tokenizer="whitespace", word_vocabulary=words
    )
    kind = ElmoTokenClassifier if data.kind == TAGGING else ElmoTextClassifier
    return kind.from_preset(
        preset, load_weights=pretrained, preprocessor=preprocessor, labels=labels, **head
    )


def train(split, run, preset, head=None, training=None):
    """Train the head of a run; the task with its best weights, and the training's record."""
    whole, dev, _ = split
    rows = subset(whole.labels, run["fraction"], run["seed"])
    part = whole.rows(rows)
    keras.utils.clear_session()
    keras.utils.set_random_seed(run["seed"])
    task = build(
        part,
        whole.classes(),
        preset,
        pretrained=run["elmo"] != UNTRAINED,
        head=head or HEADS[whole.kind],
    )
    options = dict(training or TRAINING[whole.kind])
    task.compile(learning_rate=options.pop("learning_rate"))
    repeated = part.rows(rows_of_epoch(len(part), options["batch_size"]))
    result = train_task(
        task,
        repeated.texts,
        repeated.labels,
        (dev.texts, dev.labels),
        seed=run["seed"],
        **options,
    )
    if result.interrupted:
        raise SystemExit("\ninterrupted: call it again to go on")
    return task, result, len(part)


def measure(task, data):
    """The main measure of a data set in %, by its name first, and macro-F1 of classes."""
    found = task.report(data.texts, data.labels, batch_size=64)
    if "strict_f1" in found:  # spans against the scheme count as nothing in all our tables
        found["f1"] = found["strict_f1"]
    names = ["f1"] if "f1" in found and data.kind == TAGGING else ["accuracy"]
    names += ["macro_f1"] if data.kind == CLASSIFICATION else []
    scores = {name: round(100 * found[name], 3) for name in names}
    return {"measure": names[0], "score": scores[names[0]], **scores}


def do(run, folder, preset):
    """A finished row."""
    begin = time.perf_counter()
    split = read_split(folder)
    task, result, examples = train(split, run, preset)
    trained = time.perf_counter() - begin
    test, dev = measure(task, split[2]), measure(task, split[1])
    return run | {
        "preset": str(preset),
        "examples": examples,
        **test,
        "dev": dev["score"],
        "best_epoch": result.best_epoch,
        "epochs": len(result.history),
        "training_seconds": round(trained, 1),
        "seconds": round(time.perf_counter() - begin, 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="folder with splits/NAME in it")
    parser.add_argument("--preset", action="append", help="NAME=PATH_OR_PRESET, or a preset")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument(
        "--fractions", default="1.0", help="in this order, such as 1.0,0.3,0.1,0.01"
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON Lines, appended to")
    parser.add_argument("--report", action="store_true", help="print tables of --output")
    parser.add_argument("--picture", type=Path, help="with --report: learning curves, a .png")
    arguments = parser.parse_args()
    if arguments.report:
        print(report(read_rows(arguments.output), arguments.picture))
        return
    if arguments.data is None:
        parser.error("DATA is missing")
    named = [name.partition("=") for name in arguments.preset or ["elmo_mini_en"]]
    presets = {name: path or name for name, _, path in named}
    # An untrained ELMo has the shape of the first preset.
    shapes = {UNTRAINED: next(iter(presets.values())), **presets}
    fractions = [float(fraction) for fraction in arguments.fractions.split(",")]
    done = read_rows(arguments.output)
    runs = list(pending(done, presets, arguments.sets.split(","), fractions, arguments.seeds))
    for number, run in enumerate(runs, 1):
        row = do(run, arguments.data / "splits" / run["set"], shapes[run["elmo"]])
        with arguments.output.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(
            f"{number}/{len(runs)} {row['set']}, {row['elmo']}, {row['examples']} examples, seed "
            f"{row['seed']}: {row['measure']} {row['score']:.2f} (dev {row['dev']:.2f}), best of "
            f"{row['epochs']} epochs {row['best_epoch']}, {row['seconds']:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
