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
import json, resource, sys, time
import keras_elmo
backend = __import__("keras_elmo._backend", fromlist=["x"]).ensure_backend()
import keras
def memory(): return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = memory()
begin = time.perf_counter()
backbone = keras_elmo.ElmoBackbone.from_published(*sys.argv[1:3])
load = time.perf_counter() - begin
loaded = memory()
from keras_elmo.embedding.embedder import ElmoEmbedder
begin = time.perf_counter()
features = ElmoEmbedder(backbone).embed(["Net sales rose to 20 million euros ."] * 10)
print(json.dumps({
    "backend": backend, "load_seconds": load, "first_embed_seconds": time.perf_counter() - begin,
    "shape": features[0].shape, "before_bytes": before, "loaded_bytes": loaded,
    "embedded_bytes": memory(),
}))
"""


def main():
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        weights, options = Path(folder, "weights.hdf5"), Path(folder, "options.json")
        variables = {
            path: random.normal(scale=0.05, size=shape).astype(np.float32)
            for path, shape in expected_shapes(CONFIG).items()
        }
        save_bilm_tf(CONFIG, variables, weights, options)
        size = weights.stat().st_size
        command = [sys.executable, "-c", PROGRAM, str(weights), str(options)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result = json.loads(output.splitlines()[-1])
    print(f"{platform.machine()}, {os.cpu_count()} cores, {result['backend']}")
    print(f"weights {size / 2**20:.0f} MiB, features of a sentence {tuple(result['shape'])}")
    load, first = result["load_seconds"], result["first_embed_seconds"]
    print(f"load {load:.1f} s, first embedding {first:.1f} s")
    for name in ("before", "loaded", "embedded"):
        bytes_ = result[f"{name}_bytes"]
        print(
            f"resident, peak, {name:8}: {bytes_ / 2**20:5.0f} MiB = {bytes_ / size:.2f} × weights"
        )


if __name__ == "__main__":
    main()
