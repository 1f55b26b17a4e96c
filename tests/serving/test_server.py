"""A server as a process: its end, its logs, and what it refuses before it loads anything."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

from keras_elmo.serving.server import address_of, open_socket

PROGRAM = """
import signal, time
from serving_support import Reverser
from keras_elmo.serving.app import make_app
from keras_elmo.serving.limits import Limits
from keras_elmo.serving.server import address_of, log_as_json, open_socket, run

class Slow(Reverser):
    def records(self, items, **options):
        time.sleep(0.05)
        return super().records(items, **options)

signal.signal(signal.SIGTERM, signal.default_int_handler)  # as the command line does
listener = open_socket("127.0.0.1", 0)
log_as_json()
app = make_app([Slow()], limits=Limits(batch_size=2))
run(app, listener, ready=lambda: print(address_of(listener), flush=True))
print("ended", flush=True)
"""


@pytest.fixture
def process():
    """Return a server of a slow model in a process of its own, and where it is."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    yield process, process.stdout.readline().strip()
    process.kill()
    process.wait()


def test_sigterm_answers_what_was_accepted(process):
    process, url = process
    answers, errors = [], []

    def ask(number):
        try:
            for i in range(100):
                text = f"{number} {i}"
                answer = requests.post(url + "predict", json={"texts": [text]}, timeout=20)
                assert answer.json()["predictions"][0]["label"] == text[::-1]
                answers.append(answer)
        except requests.ConnectionError as error:
            errors.append(error)

    clients = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for client in clients:
        client.start()
    while len(answers) < 12:
        time.sleep(0.01)
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    output, log = process.communicate(timeout=20)
    assert time.monotonic() - begin < 10
    for client in clients:
        client.join()
    assert (process.returncode, output) == (0, "ended\n")
    # Whatever the server began, someone received; later connections were refused.
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line["status"] for line in lines if line["event"] == "answered"} == {200}
    assert len(lines) == len(answers)
    assert len(errors) == 6
    assert all("refused" in str(error) or "reset" in str(error).lower() for error in errors)


def test_a_port_in_use_is_told():
    with open_socket("127.0.0.1", 0) as listener:
        listener.listen()
        port = listener.getsockname()[1]
        assert listener.proto == socket.IPPROTO_TCP  # else asyncio lets answers wait
        assert address_of(listener) == f"http://127.0.0.1:{port}/"
        with pytest.raises(ValueError, match=f"port {port} of 127.0.0.1 cannot be taken.*--port"):
            open_socket("127.0.0.1", port)
    with pytest.raises(ValueError, match="--host"):
        open_socket("no.such.host.invalid", 8000)
    if socket.has_ipv6:
        with open_socket("::1", 0) as listener:
            assert address_of(listener).startswith("http://[::1]:")
