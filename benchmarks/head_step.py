"""Milliseconds of a training step of the head, with and without word vectors beside ELMo.

    python -m benchmarks.head_step [--peer PYTHON] [--torch PYTHON] [--jax PYTHON] [-o FILE.jsonl]

A classifier of two classes on the features of a frozen ELMo, which are given: scalar mix, dropout,
a BiLSTM of 128 units, max pooling, Adam, gradients clipped by their common norm; 32 sentences of 27
words. With word vectors the BiLSTM also reads those of the preset's language model, which train.
The peer is the same network of PyTorch's `nn.LSTM` and `nn.Embedding`, in a Python that has torch;
`--torch` and `--jax` name Pythons with these backends and Keras. Every program keeps a process of
its own and they take turns, so that each has all cores; a round is the median of 20 steps on
batches of different words, a figure the median of rounds.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from statistics import median

PEER = str(Path(__file__).with_name("peers") / "head_step_pytorch.py")
OURS = ["-m", "benchmarks.head_step_contender"]
WITHOUT, TABLE, SPARSE = "without", "with", "with, sparse"  # word vectors


def contenders(arguments):
    """What to start: (program, word vectors) → Python and its arguments, backend."""
    pythons = {
        "keras-elmo, TensorFlow": (sys.executable, "tensorflow"),
        "keras-elmo, JAX": (arguments.jax, "jax"),
        "keras-elmo, PyTorch": (arguments.torch, "torch"),
    }
    found = {
        (name, vectors): ([python, *OURS, vectors, arguments.preset], backend)
        for name, (python, backend) in pythons.items()
        if python
        for vectors in (WITHOUT, TABLE)
    }
    if arguments.peer:
        rows = [str(number) for number in table_shape(arguments.preset)]
        for vectors in (WITHOUT, TABLE, SPARSE):
            command = [arguments.peer, PEER, vectors, *rows]
            found["PyTorch, nn.LSTM and nn.Embedding", vectors] = command, "torch"
    return found


def table_shape(preset):
    """Rows and size of the word vectors, size of ELMo's features."""
    command = [sys.executable, *OURS, "shape", preset]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    shown = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return [int(number) for number in shown.stdout.split()[-3:]]


def start(command, backend):
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "KERAS_BACKEND": backend},
    )


def ask(name, process):
    process.stdin.write("round\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise SystemExit(f"{name} ended; run its program alone to see why: {process.args}")
    return float(answer)


def measure(arguments):
    """Milliseconds of every round, by program and word vectors."""
    processes = {name: start(*spec) for name, spec in contenders(arguments).items()}
    times = {name: [] for name in processes}
    try:
        for number in range(arguments.rounds + 1):
            for name, process in processes.items():
                spent = ask(name, process)
                if number:  # the first round warms up
                    times[name].append(spent)
    finally:
        for process in processes.values():
            process.stdin.close()
            process.wait()
    return times


def report(times):
    print(f"\n{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| | word vectors | ms a step | range | × without |\n|---|---|---|---|---|")
    for (name, vectors), values in times.items():
        ratio = median(values) / median(times[name, WITHOUT])
        between = f"{min(values):.1f}–{max(values):.1f}"
        print(f"| {name} | {vectors} | {median(values):.1f} | {between} | {ratio:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="elmo_mini_en", help="with its language model")
    parser.add_argument("--peer", help="a Python with torch")
    parser.add_argument("--torch", help="a Python with torch and Keras")
    parser.add_argument("--jax", help="a Python with jax and Keras")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("-o", "--output", type=Path, help="JSON Lines with all rounds")
    arguments = parser.parse_args()
    times = measure(arguments)
    report(times)
    if arguments.output:
        rows = (
            {"program": name, "word_vectors": vectors, "milliseconds": values}
            for (name, vectors), values in times.items()
        )
        arguments.output.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


if __name__ == "__main__":
    main()
