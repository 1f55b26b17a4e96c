"""A small feature store, features that follow from tokens, and processes that use both."""

import inspect
import subprocess
import sys
import zlib

import numpy as np

from keras_elmo.embedding.store.catalogue import find_problems, repair
from keras_elmo.embedding.store.feature_store import FeatureStore

SENTENCES = [["Ada", "lives", "in", "Rome"], [], ["naïve", "", "🙂"], ["Ada"]]
SENTENCE_BYTES = 2 * 3 * 4 * 4  # of four tokens as float16


def rows(tokens):
    """Features of shape (tokens, 3, 4) that depend on all tokens."""
    seed = zlib.crc32(repr(tokens).encode("utf-8", "surrogatepass"))
    return np.random.default_rng(seed).standard_normal((len(tokens), 3, 4)).astype("float32")


def numbered(start, stop):
    return [[f"w{i}", "a", "b", "c"] for i in range(start, stop)]


def opened(root, fingerprint="f00d", **kwargs):
    return FeatureStore(fingerprint, (3, 4), root=root, **kwargs)


def fill(store, sentences):
    store.add(sentences, map(rows, sentences))


def check(store, sentences):
    for found, tokens in zip(store.features(sentences), sentences, strict=True):
        np.testing.assert_array_equal(found, rows(tokens).astype(store.model.dtype))


def stored(store):
    """The number of sentences."""
    return store.index.totals().sentences


def problems(store):
    return find_problems(store.index, store.model)


def mend(store, found):
    return repair(store.index, found)


def segments(store):
    return sorted(store.folder.glob("*.rows"))


def python(code, *arguments, **kwargs):
    """Run code in a process of its own, with `rows` and `FeatureStore` at hand."""
    prelude = (
        "import os, resource, signal, sys, zlib\nimport numpy as np\n"
        "from keras_elmo.embedding.store import feature_store\n"
        "from keras_elmo.embedding.store.catalogue import find_problems\n"
        "from keras_elmo.embedding.store.feature_store import FeatureStore\n"
    ) + "".join(map(inspect.getsource, (rows, numbered, opened, fill, check, stored, problems)))
    command = [sys.executable, "-c", prelude + code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **kwargs)


def done(process):
    output = process.communicate()[0]
    assert process.returncode == 0
    return output
