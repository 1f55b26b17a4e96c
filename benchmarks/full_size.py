"""The original shape (4096 units, 93.6 M parameters), random weights: time and memory to load.

    python -m benchmarks.full_size

Writes a weight file once, then loads it in a new process and embeds ten sentences there.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from keras_elmo.weights import expected_shapes, save_bilm_tf

CONFIG = {
    "vocabulary_size": None,
    "max_characters_per_token": 50,
    "char_embedding_dim": 16,
    "char_filters": [[1, 32], [2, 32], [3, 64], [4, 128], [5, 256], [6, 512], [7, 1024]],
    "num_highways": 2,
    "activation": "relu",
    "projection_dim": 512,
    "units": 4096,
    "num_layers": 2,
    "cell_clip": 3.0,
    "projection_clip": 3.0,
    "use_skip_connections": True,
    "lstm_projection": True,
    "forget_bias": 1.0,
}

PROGRAM = """
import json, sys, time
from pathlib import Path
import keras_elmo
from keras_elmo._backend import ensure_backend
backend = ensure_backend()
import keras
def memory():
    # Not `ru_maxrss`: a new process inherits that of the one that started it.
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {name: 1024 * int(lines[name].split()[0]) for name in ("VmHWM", "VmRSS", "RssAnon")}
stages = {"imported": memory()}
begin = time.perf_counter()
backbone = keras_elmo.ElmoBackbone.from_preset(sys.argv[1], options=sys.argv[2])
load = time.perf_counter() - begin
stages["loaded"] = memory()
from keras_elmo.embedding.embedder import ElmoEmbedder
begin = time.perf_counter()
features = ElmoEmbedder(backbone).embed(["Net sales rose to 20 million euros ."] * 10)
first = time.perf_counter() - begin
stages["embedded"] = memory()
print(json.dumps({
    "backend": backend, "load_seconds": load, "first_embed_seconds": first,
    "shape": features[0].shape, "stages": stages,
}))
"""


def random_variables():
    """Variables of the original shape, by path.

    Numbers of about the size that training leaves, so that no layer explodes and rounding errors
    stay what they are with real weights.
    """
    random = np.random.default_rng(0)
    variables = {}
    for path, shape in expected_shapes(CONFIG).items():
        scale = 0.01 if len(shape) == 1 else np.prod(shape[:-1]) ** -0.5  # biases; 1 / √inputs
        if path.endswith("embeddings"):
            scale = 1.0
        variables[path] = random.normal(scale=scale, size=shape).astype(np.float32)
    return variables


def write_random_weights(folder):
    """Published files of the original shape: the paths of weights and options."""
    weights, options = Path(folder, "weights.hdf5"), Path(folder, "options.json")
    save_bilm_tf(CONFIG, random_variables(), weights, options)
    return weights, options


def main():
    with tempfile.TemporaryDirectory() as folder:
        weights, options = write_random_weights(folder)
        size = weights.stat().st_size
        command = [sys.executable, "-c", PROGRAM, str(weights), str(options)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result = json.loads(output.splitlines()[-1])
    print(f"{platform.machine()}, {os.cpu_count()} cores, {result['backend']}")
    print(f"weights {size / 2**20:.0f} MiB, features of a sentence {tuple(result['shape'])}")
    load, first = result["load_seconds"], result["first_embed_seconds"]
    print(f"load {load:.1f} s, first embedding {first:.1f} s")
    print("resident memory in MiB (in brackets × the weights)")
    titles = {"VmHWM": "peak so far", "VmRSS": "now", "RssAnon": "of it not backed by a file"}
    for name, stage in result["stages"].items():
        figures = (
            f"{title} {stage[key] / 2**20:,.0f} ({stage[key] / size:.2f})"
            for key, title in titles.items()
        )
        print(f"  {name:8}: {', '.join(figures)}")


if __name__ == "__main__":
    main()
