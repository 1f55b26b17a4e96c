"""Loading an ELMo of the original shape (93.6 M parameters) from every format, beside its bytes.

    python -m benchmarks.loading [--rounds 5]

Writes a model with random weights in each format, then, in a new process for each round, reads all
bytes of its files (they are in the page cache), and loads it into a backbone. Memory is the
process's own at its highest while loading, above what it had when everything was imported.
"""

import argparse
import json
import platform
import statistics
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from benchmarks.full_size import CONFIG, random_variables
from keras_elmo.weights import expected_shapes, save_bilm_tf
from keras_elmo.weights.formats import allennlp, bilm_tf_checkpoint, tf_hub
from keras_elmo.weights.options import options_from_config

PROGRAM = """
import json, sys, threading, time
from pathlib import Path
from keras_elmo._backend import ensure_backend
ensure_backend()
import keras, tensorflow
from keras_elmo import ElmoBackbone
path, small = Path(sys.argv[1]), sys.argv[2]
ElmoBackbone.from_preset(small)  # what is imported and begun only once
files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
begin = time.perf_counter()
for file in files:
    content = file.read_bytes()
    del content
read = time.perf_counter() - begin
def own():
    for line in open("/proc/self/status"):
        if line.startswith("RssAnon"):
            return 1024 * int(line.split()[1])
before, highest, done = own(), [0], threading.Event()
def watch():
    while not done.wait(0.002):
        highest[0] = max(highest[0], own())
watcher = threading.Thread(target=watch)
watcher.start()
begin = time.perf_counter()
backbone = ElmoBackbone.from_preset(path)
load = time.perf_counter() - begin
after = own()
done.set()
watcher.join()
print(json.dumps({
    "bytes": sum(file.stat().st_size for file in files), "read": read, "load": load,
    "memory": max(highest[0], after) - before, "parameters": backbone.count_params(),
}))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--formats", default=",".join(FORMATS))
    arguments = parser.parse_args()
    variables = random_variables()
    print(f"{platform.machine()}, medians of {arguments.rounds} rounds (lowest–highest)")
    print("| format | MB | bytes, s | load, s | × bytes | memory × size |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in arguments.formats.split(","):
        with tempfile.TemporaryDirectory() as folder:
            path = FORMATS[name](Path(folder), variables)
            rounds = [measure(path) for _ in range(arguments.rounds)]
        print(row(name, rounds), flush=True)


def measure(path):
    command = [sys.executable, "-c", PROGRAM, str(path), "elmo_mini_en"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def row(name, rounds):
    def cell(values, digits=2):
        middle = statistics.median(values)
        spread = f"{min(values):.{digits}f}–{max(values):.{digits}f}"
        return f"{middle:.{digits}f} ({spread})"

    return (
        "| "
        + " | ".join(
            [
                name,
                f"{rounds[0]['bytes'] / 1e6:,.0f}",
                cell([result["read"] for result in rounds]),
                cell([result["load"] for result in rounds]),
                cell([result["load"] / result["read"] for result in rounds], 1),
                cell([result["memory"] / result["bytes"] for result in rounds]),
            ]
        )
        + " |"
    )


# === Writers: a new folder and the variables → what to load ===


def hdf5(folder, variables):
    save_bilm_tf(CONFIG, variables, folder / "weights.hdf5", folder / "options.json")
    return folder


def checkpoint(folder, variables):
    """With a softmax over 10,000 words, which is left aside."""
    softmax = {"softmax/kernel": np.zeros((10_000, 512), "f4"), "softmax/bias": np.zeros(10_000)}
    everything = {**variables, **softmax}
    shapes = {path: array.shape for path, array in everything.items()}
    save_tensorflow(
        folder / "model.ckpt-1", arrays_of(bilm_tf_checkpoint.TABLE, shapes, everything)
    )
    (folder / "options.json").write_text(json.dumps(options_from_config(CONFIG)))
    return folder


def module(folder, variables):
    (folder / "variables").mkdir()
    arrays = arrays_of(tf_hub.TABLE, expected_shapes(CONFIG), variables)
    arrays |= {"aggregation/weights": np.zeros(3, "f4"), "aggregation/scaling": np.float32(1)}
    save_tensorflow(folder / "variables" / "variables", arrays)
    return folder


def torch_file(folder, variables):
    """PyTorch's zip container, written without it: each tensor a storage, 64 bytes apart."""
    arrays = arrays_of(allennlp.TABLE, expected_shapes(CONFIG), variables)

    def text(value):
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    def numbers(values):
        return b"(" + b"".join(b"J" + struct.pack("<i", value) for value in values) + b"t"

    pickled = [b"\x80\x02ccollections\nOrderedDict\n)R("]
    path = folder / "weights.th"
    with zipfile.ZipFile(path, "w") as file:
        for number, (key, array) in enumerate(arrays.items()):
            steps = [step // array.itemsize for step in array.strides]
            storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(str(number))
            storage += text("cpu") + b"J" + struct.pack("<i", array.size) + b"tQ"
            pickled.append(
                text(f"_elmo_lstm.{key}")
                + b"ctorch._utils\n_rebuild_tensor_v2\n("
                + storage
                + b"J\x00\x00\x00\x00"
                + numbers(array.shape)
                + numbers(steps)
                + b"\x89ccollections\nOrderedDict\n)RtR"
            )
            file.writestr(f"archive/data/{number}", array.tobytes())
        file.writestr("archive/data.pkl", b"".join(pickled) + b"u.")
        file.writestr("archive/version", "3\n")
    return path


def safetensors_file(folder, variables):
    from keras_elmo.weights.formats.safetensors_file import save_safetensors
    from keras_elmo.weights.sources.published import PublishedElmo

    path = folder / "elmo.safetensors"
    save_safetensors(PublishedElmo("", CONFIG, variables), path)
    return path


def preset(folder, variables):
    from keras_elmo.elmo.loading import write_as_preset
    from keras_elmo.weights.sources.published import PublishedElmo

    write_as_preset(PublishedElmo("", CONFIG, variables), folder / "preset")
    return folder / "preset"


def arrays_of(table, shapes, variables):
    """The arrays of a format, by the keys that its table gives."""
    arrays = {}

    def create(key, shape):
        arrays[key] = np.empty(shape, "f4")
        return arrays[key]

    table.layout(shapes).save(variables, create)
    return arrays


def save_tensorflow(prefix, arrays):
    import tensorflow as tf

    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=list(arrays),
        shape_and_slices=[""] * len(arrays),
        tensors=list(arrays.values()),
    )


FORMATS = {
    "hdf5": hdf5,
    "checkpoint": checkpoint,
    "tf-hub": module,
    "torch": torch_file,
    "safetensors": safetensors_file,
    "preset": preset,
}

if __name__ == "__main__":
    main()
