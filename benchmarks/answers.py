"""What a question answerer is worth on a frozen ELMo, beside the same network on an untrained one.

    python -m benchmarks.answers DATA/cuad_qa -o answers.jsonl [--seeds 3]
    python -m benchmarks.answers --report -o answers.jsonl

The folder holds train, dev and test as SQuAD's JSON. The best epoch and the threshold for no answer
are chosen on dev. Words begin with the vectors of the preset's language model; untrained, they and
ELMo are random. A finished run is a line of the JSON Lines file and is not done again; one that was
ended goes on from its checkpoint.
"""

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

from benchmarks.pretraining_gain_plan import do_all, read_rows
from benchmarks.pretraining_gain_report import UNTRAINED, spread
from benchmarks.tasks import pending
from benchmarks.tasks_report import FINAL
from keras_elmo import ElmoBackbone, ElmoPreprocessor, load_word_vectors
from keras_elmo.data import read_dataset
from keras_elmo.fine_tuning.recipes import RECIPES
from keras_elmo.training.checkpoint import TrainingCheckpoint
from keras_elmo.workflows.building import build_task
from keras_elmo.workflows.training import train_task

HEAD = {
    "lstm_units": 64,
    "elmo_dropout": 0.3,
    "recurrent_dropout": 0.0,
    "word_embedding_dim": 128,
    "word_embedding_dropout": 0.3,
}
RECIPE = replace(RECIPES["frozen"], learning_rate=2e-3)
# Test scores in %, in the order of the report's columns.
BASELINE = ("word overlap (best baseline)", "54.0", "58.6", "21.5")
AIM = ("aim", "", "70.0", "60.0")


def trained(run, train, dev, options):
    """A task with the weights of its best epoch, and the training's record."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(run["seed"])
    pretrained = run["elmo"] != UNTRAINED
    backbone = ElmoBackbone.from_preset(options.preset, load_weights=pretrained)
    preprocessor = ElmoPreprocessor.from_preset(options.preset)
    head = dict(HEAD)
    if pretrained:
        vectors = load_word_vectors(options.preset)
        head |= {"word_vectors": vectors, "word_embedding_dim": None}
    task = build_task(train, backbone, preprocessor, [], **head)
    task.compile()
    name = f"{run['elmo']}-{run['seed']}.checkpoint"
    checkpoint = TrainingCheckpoint(options.output.with_suffix(f".{name}"), minutes=5)
    show = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: print(
            epoch + 1, {name: round(float(value), 4) for name, value in logs.items()}, flush=True
        )
    )
    result = train_task(
        task,
        train.texts,
        train.labels,
        (dev.texts, dev.labels),
        epochs=options.epochs,
        patience=options.epochs,
        seed=run["seed"],
        recipe=RECIPE,
        checkpoint=checkpoint,
        callbacks=[show],
    )
    if result.interrupted:
        raise SystemExit("\ninterrupted: call it again to go on")
    checkpoint.remove()
    return task, result


def do(run, parts, options):
    """A finished row."""
    begin = time.process_time()
    train, dev, test = parts
    task, result = trained(run, train, dev, options)
    row = run | {"best_epoch": result.best_epoch, "epochs": len(result.history)}
    row["threshold"] = task.fit_threshold(dev.texts, dev.labels)
    for name, data in (("dev", dev), ("test", test)):
        row[name] = task.report(data.texts, data.labels)
    return row | {"cpu_seconds": round(time.process_time() - begin)}


def report(rows):
    """Markdown of the test scores in %."""
    lines = [("test set", "exact match", "F1", "F1, answerable only"), ("---",) * 4, BASELINE]
    for elmo in (UNTRAINED, FINAL):
        own = [row["test"] for row in rows if row["elmo"] == elmo]
        whole = [spread([100 * test[name] for test in own]) for name in ("exact_match", "f1")]
        answerable = spread([100 * test["has_answer"]["f1"] for test in own])
        lines.append((f"`ElmoQuestionAnswerer`, {elmo}", *whole, answerable))
    return "\n".join(f"| {' | '.join(line)} |" for line in [*lines, AIM])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="folder of train, dev and test.json")
    parser.add_argument("--preset", default="elmo_mini_en")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON Lines, appended to")
    parser.add_argument("--report", action="store_true", help="print the table of --output")
    options = parser.parse_args()
    if options.report:
        print(report(read_rows(options.output)))
        return
    if options.data is None:
        parser.error("DATA is missing")
    parts = [read_dataset(options.data / f"{part}.json") for part in ("train", "dev", "test")]
    runs = list(pending(read_rows(options.output), [options.data.name], options.seeds))
    do_all(runs, lambda run: do(run, parts, options), options.output)


if __name__ == "__main__":
    main()
