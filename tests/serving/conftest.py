"""Servers are tried where the extra `serve` is: in the environment of `make test`."""

from contextlib import ExitStack
from importlib.util import find_spec

import pytest

collect_ignore_glob = [] if find_spec("fastapi") and find_spec("uvicorn") else ["test_*.py"]


@pytest.fixture(scope="session")
def tasks():
    """Return a small untrained task of each kind, as served models by the name of their case."""
    from eager import step_by_step
    from every_task import make_task
    from serving_support import TASKS

    from keras_elmo.serving.served_model import Predictor

    def served(name):
        return Predictor(name.replace(" ", "-"), make_task(name), {}, "Keras")

    with step_by_step():
        return {name: served(name) for name in TASKS}


@pytest.fixture(scope="session")
def tasks_client(tasks):
    """Return a client of a server of them."""
    from eager import step_by_step
    from serving_support import serving

    from keras_elmo.serving.limits import Limits

    with ExitStack() as stack:
        with step_by_step():  # the examples of the schema are predicted
            limits = Limits(texts=6, characters=200)
            client = stack.enter_context(serving(*tasks.values(), limits=limits))
        yield client
