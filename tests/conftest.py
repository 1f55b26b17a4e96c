"""Settings that must stand before Keras is imported: the backend, quiet logs, few threads."""

import os

import pytest

# A developer's own keras.json must not decide what the tests run on.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


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


def pytest_report_header() -> str:
    return f"keras backend: {os.environ['KERAS_BACKEND']}"


@pytest.fixture(autouse=True)
def _cache_of_its_own(tmp_path, monkeypatch):
    """Features that a test computes are no one else's."""
    monkeypatch.setenv("KERAS_ELMO_CACHE", str(tmp_path / "cache"))
