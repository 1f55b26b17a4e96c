"""A server of this process on a port of its own, and a model that computes when it is told to."""

import re
import threading
from contextlib import contextmanager

import requests

from keras_elmo.serving.app import Access, make_app
from keras_elmo.serving.limits import Limits
from keras_elmo.serving.server import address_of, make_server, open_socket

# What no answer may hold.
INSIDE = re.compile("Traceback|site-packages|keras_elmo/|secret")

# A case of `every_task` for each kind of task.
TASKS = ["classes", "CRF", "joint", "number", "pair", "pair number", "words", "answers"]


class Reverser:
    """Turns texts around: the smallest model that a server takes.

    Attributes:
        go: while it is not set, nothing is computed.
        batches: the items of each batch that was begun.
    """

    kind, options = "classification", ()

    def __init__(self, name="reverser"):
        self.name, self.batches = name, []
        self.go, self.begun = threading.Event(), threading.Event()
        self.go.set()

    def description(self):
        return {"name": self.name, "kind": self.kind}

    def check(self, item):
        if "refuse" in item:
            raise ValueError("this one is refused")

    def length(self, item):
        return len(item.split() if isinstance(item, str) else item)

    def records(self, items, **options):
        self.batches.append(list(items))
        self.begun.set()
        assert self.go.wait(20)
        if any("refuse" in item or "break" in item for item in items):
            raise RuntimeError("a secret text")
        return [{"text": item, "label": item[::-1]} for item in items]


class Client(requests.Session):
    """Requests to a server, by path."""

    def __init__(self, url):
        super().__init__()
        self.url = url.rstrip("/")

    def request(self, method, path, *args, **kwargs):
        return super().request(method, self.url + path, *args, **{"timeout": 20, **kwargs})

    def predict(self, *texts, path="/predict", **how):
        return self.post(path, json={"texts": list(texts)}, **how)


@contextmanager
def serving(*models, limits=None, access=None):
    """Serve models; gives a client."""
    listener, ready = open_socket("127.0.0.1", 0), threading.Event()
    url = address_of(listener)
    app = make_app(models, limits=limits or Limits(), access=access or Access())
    server = make_server(app, ready.set)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    assert ready.wait(20)
    try:
        with Client(url) as client:
            yield client
    finally:
        for model in models:
            getattr(model, "go", ready).set()
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
