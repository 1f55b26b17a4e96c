"""Milliseconds of a training step of `BiLSTM`, of Keras's own layer and of PyTorch's `nn.LSTM`.

    python -m benchmarks.bilstm [--torch PYTHON] [--jax PYTHON] [-o bilstm.json] [--picture FILE]

Two layers of 200 units a direction on 32 × 30 × 1,024 features, Adam, the mean square of the
outputs as loss; also with masks, without training, and the head of a tagger (one layer of 128
units). PyTorch and JAX need a Python that has them and Keras. Every program keeps a process of its
own and they take turns, so that each has all cores; a figure is the median of rounds, a round the
median of 20 steps. First the two Keras layers get the same weights, and must give the same outputs
and gradients on TensorFlow.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from benchmarks.bilstm_contender import CASES, inputs, new_layer

# As `one_pool_per_direction` sets them in the process.
ONE_POOL = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "2"}
OURS = "keras-elmo, TensorFlow"


def contenders(arguments):
    """What to start, by name: kind, backend, Python, environment."""
    here = sys.executable
    found = {
        OURS: ("ours", "tensorflow", here, {}),
        f"{OURS}, one pool": ("ours", "tensorflow", here, ONE_POOL),
        "Keras, TensorFlow": ("keras", "tensorflow", here, {}),
        "Keras, TensorFlow, one pool": ("keras", "tensorflow", here, ONE_POOL),
    }
    if arguments.torch:
        found["PyTorch nn.LSTM"] = ("torch", "torch", arguments.torch, {})
    for backend, title in (("torch", "PyTorch"), ("jax", "JAX")):
        python = getattr(arguments, backend)
        if python:
            found[f"keras-elmo, {title}"] = ("ours", backend, python, {})
            found[f"Keras, {title}"] = ("keras", backend, python, {})
    return found


def start(kind, backend, python, environment):
    return subprocess.Popen(
        [python, "-m", "benchmarks.bilstm_contender", kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment, "KERAS_BACKEND": backend},
    )


def ask(name, process, case):
    process.stdin.write(f"{case}\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise SystemExit(f"{name!r} ended in case {case!r}; run its program alone to see why.")
    return float(answer)


def measure(arguments):
    """Milliseconds of every round, by case and contender."""
    processes = {name: start(*spec) for name, spec in contenders(arguments).items()}
    times = {case: {name: [] for name in processes} for case in arguments.cases}
    try:
        for case in arguments.cases:
            for i in range(arguments.rounds + 1):
                for name, process in processes.items():
                    spent = ask(name, process, case)
                    if i:  # the first round warms up
                        times[case][name].append(spent)
            report(case, times[case])
    finally:
        for process in processes.values():
            process.stdin.close()
            process.wait()
    return times


def report(case, times):
    ours = np.median(times[OURS])
    print(f"\n**{case}**\n\n| | ms | range | {OURS} is × |\n|---|---|---|---|", flush=True)
    for name, values in times.items():
        median = np.median(values)
        between = f"{min(values):.1f}–{max(values):.1f}"
        print(f"| {name} | {median:.1f} | {between} | {ours / median:.2f} |", flush=True)


def differences(case):
    """The largest difference of outputs and of gradients, each relative to the largest value."""
    import tensorflow as tf

    x, mask = inputs(case)
    weights = np.random.default_rng(3).normal(size=(*mask.shape, 2 * case.units)) * mask[:, :, None]
    found, values = [], None
    for kind in ("keras", "ours"):
        layer = new_layer(kind, case.units)
        layer.build(x.shape)
        values = layer.get_weights() if values is None else values
        layer.set_weights(values)
        with tf.GradientTape() as tape:
            y = layer(x, mask=mask if case.masked else None, training=True)
            loss = tf.reduce_sum(y * weights.astype("float32"))
        parameters = [variable.value for variable in layer.trainable_variables]
        gradients = [part.numpy() for part in tape.gradient(loss, parameters)]
        found.append([y.numpy() * mask[:, :, None], *gradients])
    apart = [np.abs(a - b).max() / np.abs(a).max() for a, b in zip(*found, strict=True)]
    return apart[0], max(apart[1:])


def check(cases):
    for name in cases:
        outputs, gradients = differences(CASES[name])
        print(
            f"{name}: outputs differ by {outputs:.1e}, gradients by {gradients:.1e} (relative).",
            flush=True,
        )
        if max(outputs, gradients) > 1e-4:
            raise SystemExit("The layers do not compute the same.")


def machine():
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("keras", "tensorflow", "numpy")},
    }


def draw(path, times):
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(
        len(times),
        1,
        figsize=(8, 0.6 + len(times) * (0.5 + 0.28 * len(next(iter(times.values()))))),
    )
    for axis, (case, values) in zip(np.atleast_1d(axes), times.items(), strict=True):
        names = sorted(values, key=lambda name: -np.median(values[name]))
        medians = [np.median(values[name]) for name in names]
        colours = ["tab:blue" if name.startswith("keras-elmo") else "silver" for name in names]
        bars = axis.barh(names, medians, color=colours)
        axis.bar_label(bars, fmt="%.1f", padding=3, fontsize=8)
        axis.set_title(f"{case}, ms per step", fontsize=9, loc="left")
        axis.tick_params(labelsize=8)
        axis.margins(x=0.1)
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch", help="Python with torch and Keras.")
    parser.add_argument("--jax", help="Python with jax and Keras.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("-o", "--output", type=Path, help="JSON with all rounds.")
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    check(arguments.cases)
    times = measure(arguments)
    if arguments.output:
        arguments.output.write_text(json.dumps({**machine(), "milliseconds": times}, indent=1))
    if arguments.picture:
        draw(arguments.picture, times)


if __name__ == "__main__":
    main()
