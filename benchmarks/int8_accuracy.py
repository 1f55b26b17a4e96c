"""What int8 products cost a task: the same heads on float32 and on int8 features of one ELMo.

    python -m benchmarks.int8_accuracy DATA [--sets fpb-50agree,wnut17] [--seeds 3] -o int8.json

DATA/splits/NAME and the heads are those of `benchmarks.pretraining_gain`; training, development and
test features all come from ONNX Runtime in the one precision or the other. Also printed: what
becomes of a head trained on float32 features that reads int8 ones.
"""

import argparse
import json
import os
import statistics
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from benchmarks.pretraining_gain import HEADS, TRAINING, build, read_split
from keras_elmo.data.datasets import TAGGING
from keras_elmo.embedding.embedder import ElmoEmbedder
from keras_elmo.metrics.spans import span_f1
from keras_elmo.workflows.training import train_task

PRECISIONS = ("float32", "int8")


def embed_all(split, preset, precision):
    """Features of train, dev and test."""
    embedder = ElmoEmbedder(preset, engine="onnx", precision=precision)
    return [embedder.embed(part.texts) for part in split]


def batches_on(task, part, features, **options):
    batches = task.batches(part.texts, part.labels, batch_size=64, **options)
    batches.features = features
    return batches


def predict_on(task, part, features):
    batches = batches_on(task, part, features)
    outputs = [None] * len(part.texts)
    for number, rows in enumerate(batches.rows):
        found = keras.ops.convert_to_numpy(task(batches[number][0], training=False))
        for row, output in zip(rows, found, strict=True):
            outputs[row] = output
    pairs = zip(batches.sentences, outputs, strict=True)
    return task.decode(task.collect(batches.sentences, [task.own_output(*pair) for pair in pairs]))


def score(task, part, features):
    """Accuracy or span F1 in %."""
    predicted = predict_on(task, part, features)
    if part.kind == TAGGING:
        return 100 * span_f1(part.labels, predicted)["f1"]
    return 100 * float(np.mean([a == b for a, b in zip(part.labels, predicted, strict=True)]))


def run(split, preset, features, seed):
    """A head trained on features, and its score on the same kind."""
    train, dev, test = split
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    task = build(train, train.classes(), preset, pretrained=True, head=HEADS[train.kind])
    options = dict(TRAINING[train.kind])
    task.compile(learning_rate=options.pop("learning_rate"))
    shuffled = batches_on(task, train, features[0], shuffle=True, seed=seed)
    train_task(task, shuffled, None, batches_on(task, dev, features[1]), seed=seed, **options)
    return task, score(task, test, features[2])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with splits/NAME in it")
    parser.add_argument("--preset", default="elmo_mini_en")
    parser.add_argument("--sets", default="fpb-50agree,wnut17")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    rows = []
    for name in arguments.sets.split(","):
        split = read_split(arguments.data / "splits" / name)
        features = {kind: embed_all(split, arguments.preset, kind) for kind in PRECISIONS}
        for seed in range(arguments.seeds):
            row = {"set": name, "seed": seed}
            for kind in PRECISIONS:
                task, row[kind] = run(split, arguments.preset, features[kind], seed)
                if kind == "float32":
                    row["int8 read by float32's head"] = score(task, split[2], features["int8"][2])
            rows.append(row)
            print(row, flush=True)
        found = [row for row in rows if row["set"] == name]
        for kind in list(found[0])[2:]:
            scores = [row[kind] for row in found]
            mean, lost = statistics.mean(scores), [row["float32"] - row[kind] for row in found]
            spread = statistics.stdev(scores) if len(scores) > 1 else 0.0
            print(f"{name}, {kind}: {mean:.2f} ± {spread:.2f}, lost {statistics.mean(lost):.2f}")
    arguments.output.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
