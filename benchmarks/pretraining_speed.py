"""Tokens per second of pre-training, beside the graph of bilm-tf.

    python -m benchmarks.pretraining_speed TEXT... [--peer PYTHON] [--units 512]

The peer is bilm-tf's training graph as simple_elmo carries it, in a Python of its own (`pip install
simple_elmo tensorflow tf_keras`), with the same shape, batches of 64 × 20 words of the same text, a
vocabulary of 30,000, 4,096 samples and Adagrad. The two alternate; each figure is the median over
rounds. A token is a prediction in each direction. Also shown: the share of the machine's rate of
large float32 and bfloat16 matrix products, measured in the same run.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from keras_elmo.layers.threads import one_pool_per_direction
from keras_elmo.pretraining.batches import BatchMaker, TypeCharacters
from keras_elmo.pretraining.candidates import LogUniformSampler
from keras_elmo.pretraining.config import PretrainingConfig
from keras_elmo.pretraining.corpus import prepare_corpus
from keras_elmo.pretraining.streams import stream_windows
from keras_elmo.pretraining.training import new_language_model

ROWS, STEPS, VOCABULARY, SAMPLES = 64, 20, 30_000, 4_096
DTYPES, PEER = ("float32", "mixed_bfloat16"), "bilm-tf's graph"
FILTERS = [[1, 32], [2, 32], [3, 64], [4, 128], [5, 256]]


def windows(corpus, count):
    random = np.random.default_rng(1)
    stream = stream_windows(corpus, ROWS, STEPS, random)
    return [next(stream) for _ in range(count)]


def our_step(corpus, units, dtype):
    """A function that makes one batch and trains on it."""
    shape = {"projection_dim": 128, "units": units, "char_filters": FILTERS, "num_highways": 1}
    config = PretrainingConfig(
        vocabulary_size=VOCABULARY,
        num_samples=SAMPLES,
        tokens_per_batch=ROWS * STEPS,
        unroll=STEPS,
        optimizer="adagrad",
        learning_rate=0.2,
        clip_norm=10.0,
    )
    model = new_language_model(shape | {"dtype": dtype}, config)
    model.jit_compile = keras.config.backend() == "jax"
    characters = TypeCharacters.of_model(corpus.types, model.backbone)
    maker = BatchMaker(characters, VOCABULARY, LogUniformSampler(VOCABULARY, SAMPLES))
    random = np.random.default_rng(2)

    def step(window):
        return float(model.train_on_batch(maker.of_types(*window, random)))

    return step


def peer_step(corpus, units, python):
    """The same for bilm-tf's graph in a process of its own, which gets the windows as a file."""
    here = Path(__file__).with_name("bilm_tf_graph.py")
    folder = tempfile.mkdtemp()
    characters = TypeCharacters(corpus.types)
    process = subprocess.Popen(
        [python, str(here), folder, str(units)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TF_USE_LEGACY_KERAS": "1", "PYTHONPATH": ""},
    )

    def step(window):
        read, predicted = window
        targets = np.where(predicted < VOCABULARY, predicted, 2)
        np.savez(
            f"{folder}/window.npz",
            forward=characters.table[read[0]] - 1,  # in training bilm-tf has no id for padding
            backward=characters.table[read[1][:, ::-1]] - 1,  # in the order of reading
            next=targets[0],
            previous=targets[1][:, ::-1],
        )
        process.stdin.write("step\n")
        process.stdin.flush()
        _loss, seconds = process.stdout.readline().split()
        return float(seconds)

    return step


def product_rates():
    """GFLOP/s of a product of 2048 × 2048 × 2048, in a process with the usual threads."""
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.pretraining_speed", "--products"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(rate) for rate in run.stdout.split()]


def product_rate(dtype):
    a = keras.ops.cast(keras.random.normal((2048, 2048)), dtype)
    best = 0.0
    for _ in range(10):
        begin = time.perf_counter()
        keras.ops.convert_to_numpy(keras.ops.matmul(a, a)[:1, :1])
        best = max(best, 2 * 2048**3 / (time.perf_counter() - begin) / 1e9)
    return best


def operations(units):
    """Floating-point operations of a token's training in the LSTMs and the sampled softmax."""
    lstm = 2 * 2 * (128 * 4 * units * 2 + units * 128)
    return 3 * 2 * (lstm + 2 * 128 * SAMPLES)


def measure(arguments, steps, batches):
    """Tokens per second of each round, by name."""
    rates = {name: [] for name in steps}
    for step in steps.values():
        for batch in batches[:2]:  # compile
            step(batch)
    for _ in range(arguments.rounds):
        for name, step in steps.items():
            begin = time.perf_counter()
            seconds = [step(batch) for batch in batches]
            # The peer measures its steps itself: the files it is handed are none of its cost.
            spent = sum(seconds) if name == PEER else time.perf_counter() - begin
            rates[name].append(len(batches) * ROWS * STEPS / spent)
    return rates


def report(arguments, rates):
    single, half = product_rates()
    print(f"\n{arguments.units} units, {keras.config.backend()}, Keras {keras.__version__}.")
    print(f"Products of 2048³: float32 {single:.0f}, bfloat16 {half:.0f} GFLOP/s.\n")
    print("| | tokens/s | range | × bilm-tf | of the float32 rate |\n|---|---|---|---|---|")
    for name, values in rates.items():
        median = np.median(values)
        ratio = f"{median / np.median(rates[PEER]):.2f}" if PEER in rates else ""
        share = median * operations(arguments.units) / 1e9 / single
        between = f"{min(values):,.0f}–{max(values):,.0f}"
        print(f"| {name} | {median:,.0f} | {between} | {ratio} | {share:.0%} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", nargs="*", type=Path)
    parser.add_argument("--products", action="store_true", help="Only time large products.")
    parser.add_argument("--peer", help="Python with simple_elmo, tensorflow and tf_keras.")
    parser.add_argument("--units", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=8, help="Of a round.")
    arguments = parser.parse_args()
    if arguments.products:
        print(product_rate("float32"), product_rate("bfloat16"))
        return
    one_pool_per_direction()
    with tempfile.TemporaryDirectory() as folder:
        corpus = prepare_corpus(arguments.texts, folder)
        batches = windows(corpus, arguments.steps)
        steps = {f"keras-elmo, {d}": our_step(corpus, arguments.units, d) for d in DTYPES}
        if arguments.peer:
            steps[PEER] = peer_step(corpus, arguments.units, arguments.peer)
        rates = measure(arguments, steps, batches)
    report(arguments, rates)


if __name__ == "__main__":
    main()
