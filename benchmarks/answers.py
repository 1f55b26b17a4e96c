"""What a question answerer is worth on a frozen ELMo: EM and F1, with and without an answer.

    python -m benchmarks.answers TRAIN.json DEV.json TEST.json [--preset NAME] [--untrained] \
        [--epochs 15] [--seed 13] [--model FOLDER] [-o OUT]

The files are SQuAD's JSON. The best epoch and the threshold for no answer are chosen on DEV. Words
begin with the vectors of the preset's language model; with `--untrained` they and ELMo are random.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

from keras_elmo import ElmoBackbone, ElmoPreprocessor, load_word_vectors
from keras_elmo.tasks.building import build_task
from keras_elmo.tasks.evaluation import evaluate_task
from keras_elmo.tasks.training import train_task
from keras_elmo.text.question_datasets import read_labelled

SETTINGS = {
    "lstm_units": 64,
    "elmo_dropout": 0.3,
    "word_embedding_dim": 128,
    "word_embedding_dropout": 0.3,
}
LEARNING_RATE = 2e-3


class Shown(keras.callbacks.Callback):
    """A line an epoch."""

    def on_epoch_end(self, epoch, logs=None):
        print(epoch + 1, {name: round(float(value), 4) for name, value in logs.items()}, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs=3)
    parser.add_argument("--preset", default="elmo_mini_en")
    parser.add_argument("--untrained", action="store_true", help="ELMo's shape alone")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--model", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    train, dev, test = map(read_labelled, options.files)
    keras.utils.set_random_seed(options.seed)
    backbone = ElmoBackbone.from_preset(options.preset, load_weights=not options.untrained)
    preprocessor = ElmoPreprocessor.from_pretrained(options.preset)
    head = dict(SETTINGS)
    if not options.untrained:
        head |= {"word_vectors": load_word_vectors(options.preset), "word_embedding_dim": None}
    task = build_task(train, backbone, preprocessor, [], **head)
    task.compile(learning_rate=LEARNING_RATE)
    begin = time.monotonic()
    result = train_task(
        task,
        train.texts,
        train.labels,
        (dev.texts, dev.labels),
        epochs=options.epochs,
        seed=options.seed,
        callbacks=[Shown()],
    )
    seconds = round(time.monotonic() - begin)
    threshold = task.fit_threshold(dev.texts, dev.labels)
    found = {"preset": options.preset, "untrained": options.untrained, "seed": options.seed}
    found |= {"best_epoch": result.best_epoch, "seconds": seconds, "threshold": threshold}
    for name, rows in (("dev", dev), ("test", test)):
        found[name] = evaluate_task(task, rows.texts, rows.labels)
    if options.model:
        task.save_to_preset(options.model)
    print(json.dumps(found, indent=2))
    if options.output:
        options.output.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
