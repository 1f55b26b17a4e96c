"""What a training step costs with more and more of ELMo in it, at the original size.

    python -m benchmarks.fine_tuning_step [--preset elmo_mini_en] [--peer PYTHON]

A classifier with a BiLSTM of 128 units on batches of 32 sentences of 25 words; each row is trained
by `fit` with the recipe that its name tells. The first epoch, which compiles, is not counted.
"""

import argparse
import os
import platform
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from benchmarks.full_size import write_random_weights
from keras_elmo import ElmoBackbone, ElmoPreprocessor, ElmoTextClassifier
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.fine_tuning.unfreezing import Stage

ROWS, WORDS, STEPS, EPOCHS = 32, 25, 4, 3
HEAD = ["mix", "head"]
VARIANTS = {
    "head alone": HEAD,
    "and the top biLM layer": ["bilm_2", *HEAD],
    "and both biLM layers": ["bilm_1", "bilm_2", *HEAD],
    "and the word layer: all": ["word_layer", "bilm_1", "bilm_2", *HEAD],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", help="instead of the original shape")
    parser.add_argument("--peer", help="a Python with simple-elmo-pytorch")
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, {keras.config.backend()}")
    print(f"{ROWS} × {WORDS} words, medians of {STEPS * (EPOCHS - 1)} steps")
    print("| what trains | ms a step | of all |\n| --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        if not arguments.preset:
            files = write_random_weights(folder)
        found = {}
        for name, groups in reversed(VARIANTS.items()):
            if arguments.preset:
                backbone = ElmoBackbone.from_preset(arguments.preset)
            else:
                backbone = ElmoBackbone.from_preset(files[0], options=files[1])
            found[name] = step_seconds(backbone, groups)
            share = found[name] / next(iter(found.values()))
            print(f"| {name} | {1000 * found[name]:,.0f} | {share:.0%} |", flush=True)
        if arguments.peer:
            program = Path(__file__).with_name("peers") / "train_simple_elmo_pytorch.py"
            command = [arguments.peer, str(program), folder, str(ROWS), str(WORDS)]
            shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            peer = float(shown.split()[-1])
            share = peer / next(iter(found.values()))
            print(f"| simple-elmo-pytorch, requires_grad | {1000 * peer:,.0f} | {share:.0%} |")


def step_seconds(backbone, groups):
    """Seconds of a step: the median over all epochs but the first."""
    random = np.random.default_rng(0)
    words = ["".join(random.choice(list("etaoins"), size=6)) for _ in range(500)]
    texts = [list(random.choice(words, size=WORDS)) for _ in range(ROWS * STEPS)]
    labels = [i % 2 for i in range(len(texts))]
    keras.utils.set_random_seed(0)
    task = ElmoTextClassifier(
        backbone, num_classes=2, preprocessor=ElmoPreprocessor("whitespace"), lstm_units=128
    )
    clock = Clock()
    recipe = Recipe(unfreezing=[Stage(groups)])
    task.fit(texts, labels, epochs=EPOCHS, recipe=recipe, callbacks=[clock], verbose=0)
    return statistics.median(clock.seconds[STEPS:])


class Clock(keras.callbacks.Callback):
    """The seconds of each batch."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_train_batch_begin(self, batch, logs=None):
        self.begin = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.seconds.append(time.perf_counter() - self.begin)


if __name__ == "__main__":
    main()
