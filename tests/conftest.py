"""Settings that must stand before Keras is imported: the backend, quiet logs, few threads."""

import os
import sys
from pathlib import Path

import pytest

# A developer's own keras.json must not decide what the tests run on.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# Tests that train no model: NumPy alone, which need not wait for TensorFlow, or single layers.
WITHOUT_MODELS = {"text", "metrics", "weights", "layers", "test_layering.py"}


def _limit_threads() -> None:
    """Give small models few threads: more only cost time, and parallel workers share the cores."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    threads = str(max(1, min(4, (os.cpu_count() or 1) // workers)))
    if os.environ["KERAS_BACKEND"] == "torch":
        threads = "1"  # its threads wait by spinning: two on a busy machine take 30 times as long
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    ):
        os.environ.setdefault(name, threads)


_limit_threads()


def _compile_quickly() -> None:
    """Have JAX compile small programs with little care, and what it has compiled before not again.

    What it leaves out makes long runs faster, and changes no number by more than its rounding.
    """
    options = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    os.environ.setdefault("XLA_FLAGS", options)
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(sys.prefix) / "compiled"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")


if os.environ["KERAS_BACKEND"] == "jax":
    _compile_quickly()


def pytest_addoption(parser) -> None:
    parser.addoption(
        "--compiled",
        action="store_true",
        help="compile in every test, as users do, and not only in those marked `compiled`",
    )


def pytest_report_header() -> str:
    return f"keras backend: {os.environ['KERAS_BACKEND']}"


@pytest.fixture(autouse=True)
def _step_by_step(request):
    """TensorFlow compiles nothing: for a few steps of a tiny model that takes ten times as long."""
    compiled = request.config.getoption("--compiled") or request.node.get_closest_marker("compiled")
    none = WITHOUT_MODELS.intersection(request.path.parts)
    if compiled or none or os.environ["KERAS_BACKEND"] != "tensorflow":
        yield
        return
    from eager import step_by_step

    with step_by_step():
        yield


@pytest.fixture(autouse=True)
def _cache_of_its_own(tmp_path, monkeypatch):
    """Features that a test computes are no one else's."""
    monkeypatch.setenv("KERAS_ELMO_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def backbone():
    from support import small_backbone

    return small_backbone()[0]


@pytest.fixture
def preprocessor():
    from keras_elmo import ElmoPreprocessor

    words = ["<S>", "</S>", "<UNK>", "good", "bad", "film"]
    return ElmoPreprocessor("whitespace", max_characters_per_token=8, word_vocabulary=words)


@pytest.fixture
def reviews():
    """Sentences of 1 to 14 words and whether "good" is among them, both classes equally often."""
    import numpy as np

    random = np.random.default_rng(0)
    sentences = []
    for i in range(24):
        words = random.choice(["a", "film", "plot", "bad"], size=random.integers(1, 14)).tolist()
        sentences.append(" ".join(["good", *words] if i % 2 else words))
    return sentences, ["positive" if i % 2 else "negative" for i in range(24)]
