"""Our ways of embedding, each a program that `benchmarks.embed` starts, and the machine's rate.

python -m benchmarks.embed_programs NAME FOLDER
"""

import json
import os
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from benchmarks.peers.answers import BATCH, batches, serve

LARGE = "TensorFlow float32, 2048³"
PACKAGES = {"keras": ["keras", "tensorflow"], "onnx": ["onnxruntime"]}


def load_embedder(folder, engine, precision):
    from keras_elmo.embedding.embedder import ElmoEmbedder
    from keras_elmo.weights.detection import load_elmo

    elmo = load_elmo(f"{folder}/weights.hdf5", options=f"{folder}/options.json")
    embedder = ElmoEmbedder(elmo, engine=engine, precision=precision)
    # The words of the last round are what a text read for the first time does not have.
    return embedder.embed_iter, {"cold": embedder._words.clear}


def load_backbone(folder):
    import keras_elmo

    backbone = keras_elmo.ElmoBackbone.from_published(
        f"{folder}/weights.hdf5", f"{folder}/options.json"
    )
    preprocessor = keras_elmo.ElmoPreprocessor()

    def embed(sentences):
        for batch in batches(sentences):
            features = backbone.predict_on_batch(preprocessor(batch))
            for sentence, found in zip(batch, features, strict=True):
                yield found[: len(sentence)]

    return embed


def measure_products(rows=BATCH, inner=512, columns=16_384, repeat=20):
    """GFLOP/s of a product of the biLM's shape, and of a large one: the best of some."""
    import tensorflow as tf

    random = np.random.default_rng(0)
    a = random.normal(size=(rows, inner)).astype(np.float32)
    b = random.normal(size=(inner, columns)).astype(np.float32)
    product = tf.function(tf.matmul)

    def rate(call, operations=2 * rows * inner * columns):
        best = float("inf")
        for _ in range(repeat):
            begin = time.perf_counter()
            call()
            best = min(best, time.perf_counter() - begin)
        return operations / best / 1e9

    rates = {"NumPy float32": rate(lambda: a @ b)}
    large = tf.random.normal((2048, 2048))
    rates[LARGE] = rate(lambda: product(large, large)[0, 0].numpy(), 2 * 2048**3)
    for name in ("float32", "bfloat16"):
        x, y = tf.cast(a, name), tf.cast(b, name)
        # The result stays where it is, but for one number that says that it is there.
        rates[f"TensorFlow {name}"] = rate(lambda x=x, y=y: product(x, y)[0, 0].numpy())
    return rates


def serve_products():
    print(json.dumps({"versions": {"numpy": np.__version__}}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(measure_products()), flush=True)


def main():
    name, folder = sys.argv[1:]
    if name == "products":
        serve_products()
    elif name == "plain":
        serve(folder, PACKAGES["keras"], lambda: load_backbone(folder))
    else:
        engine, precision = name.split("-")
        serve(folder, PACKAGES[engine], lambda: load_embedder(folder, engine, precision))


if __name__ == "__main__":
    main()
