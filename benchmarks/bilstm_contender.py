"""One program of `benchmarks.bilstm`, alone in its process: reads cases, answers milliseconds.

Each line of the standard input names a case; the answer is the median time of its steps.
"""

import os
import sys
import time
from dataclasses import dataclass

import numpy as np

STEPS = 20


@dataclass(frozen=True)
class Case:
    """Layers, sizes, and what a step is."""

    layers: int
    units: int
    features: int
    masked: bool = False
    training: bool = True
    rows: int = 32
    steps: int = 30


CASES = {
    "training": Case(2, 200, 1024),
    "training, masked": Case(2, 200, 1024, masked=True),
    "inference": Case(2, 200, 1024, training=False),
    "inference, masked": Case(2, 200, 1024, masked=True, training=False),
    "head of a tagger": Case(1, 128, 256, masked=True),
}


def inputs(case):
    """Features and mask; the lengths of masked rows are anything from a third up."""
    random = np.random.default_rng(1)
    x = random.normal(size=(case.rows, case.steps, case.features)).astype("float32")
    lengths = np.full(case.rows, case.steps)
    if case.masked:
        lengths[1:] = random.integers(case.steps // 3, case.steps + 1, case.rows - 1)
    return x, np.arange(case.steps) < lengths[:, None]


def new_layer(kind, units):
    from keras import layers

    from keras_elmo.layers.bilstm import BiLSTM

    if kind == "ours":
        return BiLSTM(units)
    return layers.Bidirectional(layers.LSTM(units, return_sequences=True))


def keras_model(kind, case):
    import keras
    from keras import ops

    def mean_square(_targets, outputs):
        return ops.mean(ops.square(outputs), axis=-1)

    keras.utils.set_random_seed(2)
    x = keras.Input((None, case.features))
    mask = keras.Input((None,), dtype="bool")
    y = x
    for _ in range(case.layers):
        layer = new_layer(kind, case.units)
        y = layer(y, mask=mask) if case.masked else layer(y)
    model = keras.Model([x, mask] if case.masked else x, y)
    # XLA is slower than TensorFlow's own kernels here, for both layers.
    model.compile("adam", mean_square, jit_compile=keras.config.backend() == "jax")
    return model


def keras_step(kind, case):
    from keras import ops

    model = keras_model(kind, case)
    x, mask = inputs(case)
    arrays = [ops.convert_to_tensor(array) for array in ((x, mask) if case.masked else (x,))]
    arrays = arrays if case.masked else arrays[0]
    targets = ops.zeros((case.rows, case.steps, 2 * case.units))

    def train():
        return float(model.train_on_batch(arrays, targets))

    def infer():
        return ops.convert_to_numpy(model.predict_on_batch(arrays))[0, 0, 0]

    return train if case.training else infer


def torch_step(_kind, case):
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    lstm = torch.nn.LSTM(
        case.features, case.units, case.layers, batch_first=True, bidirectional=True
    )
    optimizer = torch.optim.Adam(lstm.parameters())
    x, mask = (torch.from_numpy(array) for array in inputs(case))
    lengths = mask.sum(1)

    def outputs():
        if not case.masked:
            return lstm(x)[0]
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(lstm(packed)[0], batch_first=True)[0]

    def train():
        optimizer.zero_grad()
        loss = outputs().square().mean()
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    def infer():
        with torch.no_grad():
            return float(outputs()[0, 0, 0])

    return train if case.training else infer


def main():
    kind = sys.argv[1]
    make = torch_step if kind == "torch" else keras_step
    steps = {}
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print goes elsewhere
    for line in sys.stdin:
        name = line.strip()
        if name not in steps:
            steps[name] = make(kind, CASES[name])
            for _ in range(3):  # compile
                steps[name]()
        spent = []
        for _ in range(STEPS):
            begin = time.perf_counter()
            steps[name]()
            spent.append(1000 * (time.perf_counter() - begin))
        answers.write(f"{np.median(spent)}\n")


if __name__ == "__main__":
    main()
