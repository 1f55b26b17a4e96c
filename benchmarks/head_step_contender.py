"""A program of `head_step`: keras-elmo, on the backend that the environment names.

python -m benchmarks.head_step_contender {with,without,shape} PRESET
"""

import os
import sys
import time
from statistics import median

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from keras_elmo import ElmoTextClassifier
from keras_elmo.batching.batches import FEATURES

SENTENCES, WORDS, BATCHES, STEPS = 32, 27, 10, 20


def batches(task):
    """Random features and labels; words as often as in a text, by Zipf's law."""
    rng = np.random.default_rng(0)
    backbone = task.backbone
    shape = (SENTENCES, WORDS, *backbone.config.feature_shape)
    for _ in range(BATCHES):
        x = {FEATURES: rng.normal(size=shape).astype("float32")}
        # As `fit` gives them beside the features; ELMo does not read them.
        characters = (SENTENCES, WORDS, backbone.config.max_characters_per_token)
        x["character_ids"] = np.zeros(characters, "int32")
        x["padding_mask"] = np.ones((SENTENCES, WORDS), bool)
        if task.word_vectors:
            ids = rng.zipf(1.2, (SENTENCES, WORDS)) % (task.word_vectors.rows - 1)
            x["word_ids"] = ids.astype("int32") + 1
        yield x, rng.integers(0, 2, SENTENCES)


def main():
    wanted, preset = sys.argv[1:]
    keras.utils.set_random_seed(1)
    vectors = {"word_vectors": None if wanted == "without" else "elmo"}
    task = ElmoTextClassifier.from_preset(preset, labels=["no", "yes"], **vectors)
    if wanted == "shape":
        print(
            task.word_vectors.rows, task.word_vectors.size, 2 * task.backbone.config.projection_dim
        )
        return
    data = list(batches(task))
    done = 0
    for _ in sys.stdin:
        spent = []
        for _ in range(STEPS):
            x, y = data[done % BATCHES]
            done += 1
            begin = time.perf_counter()
            task.train_on_batch(x, y)
            spent.append(time.perf_counter() - begin)
        print(1000 * median(spent), flush=True)


if __name__ == "__main__":
    main()
