"""What a CRF costs: a training step with it and with a softmax, in turns, and Viterbi decoding.

python -m benchmarks.crf_step train.conll [--rounds 5]

Steps run on stored features of the frozen ELMo, as `fit` does, so that nothing hides the head.
"""

import argparse
import time

import keras
import numpy as np

from keras_elmo import ElmoTokenClassifier
from keras_elmo.data import Reading, read_dataset
from keras_elmo.text.chain import viterbi
from keras_elmo.training.feature_cache import CachedFeatures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sentences", type=int, default=1000)
    arguments = parser.parse_args()
    data = read_dataset(arguments.data, Reading(file_format="conll"))
    labels, rows = data.classes(), range(min(len(data), arguments.sentences))
    data = data.rows(rows)
    runs = {crf: training(data, labels, crf) for crf in (False, True)}
    for run in runs.values():
        run()  # compiles
    seconds = {crf: [] for crf in runs}
    for _ in range(arguments.rounds):
        for crf, run in runs.items():
            begin = time.perf_counter()
            steps = run()
            seconds[crf].append((time.perf_counter() - begin) / steps)
    softmax, crf = (float(np.median(values)) for values in seconds.values())
    ratio = float(np.median(np.array(seconds[True]) / seconds[False]))
    print(f"{len(labels)} labels: softmax {softmax * 1e3:.1f} ms, CRF {crf * 1e3:.1f} ms a step")
    print(f"ratio {ratio:.2f} (median of {arguments.rounds} rounds in turns)")
    print(f"Viterbi of 10,000 sentences: {decoding(len(labels)):.2f} s")


def training(data, labels, crf):
    """Return a function that trains for an epoch and returns its number of steps."""
    keras.utils.set_random_seed(0)
    task = ElmoTokenClassifier.from_preset(
        "elmo_mini_en", labels=labels, crf=crf, word_vectors=None
    )
    batches = task.batches(data.texts, data.labels, shuffle=True)
    cached = CachedFeatures(task.backbone, task.preprocessor, [batches.sentences])
    batches.features = cached.features[0]

    def run():
        keras.Model.fit(task, batches, verbose=0)
        return len(batches)

    return run


def decoding(tags):
    random = np.random.default_rng(0)
    lengths = np.clip(random.normal(20, 8, 10_000), 1, 60).astype(int)
    potentials = [random.normal(size=(n, tags)).astype("float32") for n in lengths]
    begin = time.perf_counter()
    viterbi(potentials, random.normal(size=(tags, tags)))
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
