"""A server under load: `keras-elmo serve` beside a plain FastAPI route and LitServe.

python -m benchmarks.serve MODEL [--clients 1,8,64,256] [--seconds 20] [--servers ours,plain]
python -m benchmarks.serve MODEL --requests 100000   # memory

Each server is a process of its own on loopback, with the same model (a folder of `train`, or an
exported one); the clients are another. A client sends one sentence of the demo's test set (the
extra `demo`) a request, as soon as it has the answer to the last one:

    ours       `keras-elmo serve MODEL`
    plain      FastAPI, and a route that calls the model for each request
    litserve   LitServe with its batching, of as many texts as ours (where it is installed)

Printed are answers a second, their p50 and p99 in milliseconds, and how many requests were refused.
Every answer must be the record of `predict`: its labels equal, its numbers within 1e-4.
With `--requests` the memory of our server is read after the first 5,000 and at the end.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

WARM = 5_000  # requests until memory is looked at
OURS = """
import sys
from keras_elmo.cli import main
model, port, queue = sys.argv[1:]
sys.argv[1:] = ["serve", model, "--port", port, "--queue", queue, "--max-texts", "1"]
main()
"""
PLAIN = """
import sys
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from benchmarks.serve import load

class Texts(BaseModel):
    texts: list[str]

app, model = FastAPI(), load(sys.argv[1])

@app.get("/readyz")
def ready():
    return {}

@app.post("/predict")
def predict(body: Texts):
    return {"predictions": list(model.records(iter(body.texts)))}

uvicorn.run(app, port=int(sys.argv[2]), log_level="error")
"""
LITSERVE = """
import sys
import litserve
from benchmarks.serve import load

class Api(litserve.LitAPI):
    def setup(self, device):
        self.model = load(sys.argv[1])
    def decode_request(self, request):
        return request["texts"][0]
    def batch(self, inputs):
        return list(inputs)
    def predict(self, texts):
        return list(self.model.records(iter(texts), batch_size=len(texts)))
    def unbatch(self, output):
        return output
    def encode_response(self, output):
        return {"predictions": [output]}

if __name__ == "__main__":
    api = Api(max_batch_size=32, batch_timeout=0.001)
    server = litserve.LitServer(api, accelerator="cpu", healthcheck_path="/readyz", timeout=60)
    server.run(port=int(sys.argv[2]), log_level="error", generate_client_file=False)
"""
PROGRAMS = {"ours": OURS, "plain": PLAIN, "litserve": LITSERVE}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="model folder, or an exported one")
    parser.add_argument("--clients", default="1,8,64,256")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--servers", default=",".join(PROGRAMS))
    parser.add_argument("--queue", type=int, default=2_048, help="texts that wait at ours")
    parser.add_argument("--texts", type=int, default=1_000, help="different sentences")
    parser.add_argument("--requests", type=int, help="so many instead, at ours, and its memory")
    arguments = parser.parse_args()
    texts = sentences(arguments.texts)
    wanted = records_of(arguments.model, texts)
    how = arguments.model, str(arguments.queue)
    if arguments.requests:
        with running("ours", *how) as (port, process):
            watch_memory(port, process.pid, wanted, arguments.requests)
        return
    for clients in map(int, arguments.clients.split(",")):
        for name in arguments.servers.split(","):
            with running(name, *how) as (port, _):
                asyncio.run(load_of(port, clients, wanted, seconds=min(3.0, arguments.seconds)))
                found = asyncio.run(load_of(port, clients, wanted, seconds=arguments.seconds))
            print(f"{name:9} {clients:4} clients  {found.line()}", flush=True)


def load(folder):
    """Return the model of a folder of `train`, or of an exported one."""
    if (Path(folder) / "manifest.json").is_file():
        import keras_elmo

        return keras_elmo.load_exported(folder)
    from keras_elmo.cli.backend import load_backend

    load_backend()
    from keras_elmo.tasks.loading import load_task

    return load_task(folder)


def sentences(count):
    from keras_elmo.cli.movie_reviews import rotten_tomatoes, three_parts

    return three_parts(rotten_tomatoes())[2].texts[:count]


def records_of(folder, texts):
    """Return the record of each text, by the text, as a process of its own predicts it."""
    program = (
        "import json, sys; from benchmarks.serve import load; "
        "print(json.dumps(list(load(sys.argv[1]).records(iter(json.load(sys.stdin))))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, folder],
        input=json.dumps(texts),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    records = json.loads(done.stdout.splitlines()[-1])
    return {record["text"]: record for record in records}


@contextmanager
def running(name, folder, queue):
    """Run a server; gives its port and its process, as soon as it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # A file, as LitServe's workers import it once more.
    program = Path(tempfile.mkdtemp(), f"benchmark_{name}.py")
    program.write_text(PROGRAMS[name], encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-P", program, folder, str(port), queue],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": ":".join([".", *filter(None, sys.path)])},
    )
    try:
        for _ in range(600):
            if process.poll() is not None:
                raise SystemExit(f"{name} ended with {process.returncode}")
            if asyncio.run(is_ready(port)):
                break
            time.sleep(0.1)
        yield port, process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        program.unlink()
        program.parent.rmdir()


async def is_ready(port):
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.write(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer.startswith(b"HTTP/1.1 200")


@dataclass
class Load:
    """What the clients met."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    failed: int = 0
    wrong: int = 0
    total: float = 0.0

    def line(self):
        if len(self.seconds) < 2:
            return f"{len(self.seconds)} answers, {self.refused} refused, {self.failed} failed"
        shares = quantiles(self.seconds, n=100, method="inclusive")
        return (
            f"{len(self.seconds) / self.total:8,.0f} /s  p50 {1e3 * shares[49]:7.1f} ms  "
            f"p99 {1e3 * shares[98]:7.1f} ms  refused {self.refused}  failed {self.failed}  "
            f"other than predict {self.wrong}"
        )


async def load_of(port, clients, wanted, *, seconds=None, requests=None):
    """Return what so many clients met, in so many seconds or requests together."""
    found, texts = Load(), list(wanted)
    begin = time.perf_counter()
    end = begin + seconds if seconds else float("inf")
    left = iter(range(requests)) if requests else iter(int, 1)
    tasks = [client(port, number, texts, wanted, found, end, left) for number in range(clients)]
    await asyncio.gather(*tasks)
    found.total = time.perf_counter() - begin
    return found


async def client(port, number, texts, wanted, found, end, left):
    """Ask until the end; a refused request is asked once more after a moment."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    place = number * 37
    while time.perf_counter() < end and next(left, None) is not None:
        text = texts[place % len(texts)]
        place += 1
        body = json.dumps({"texts": [text]}).encode()
        head = "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        begin = time.perf_counter()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        status, answer = await read_answer(reader)
        if status == 200:
            found.seconds.append(time.perf_counter() - begin)
            found.wrong += not is_same(json.loads(answer)["predictions"][0], wanted[text])
        elif status in (429, 503):
            found.refused += 1
            await asyncio.sleep(0.05)
        else:
            found.failed += 1
    writer.close()


async def read_answer(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])
    return int(head[9:12]), await reader.readexactly(length)


def is_same(found, wanted):
    """Whether two values of JSON are equal, but for the rounding of numbers."""
    if isinstance(wanted, dict):
        same = isinstance(found, dict) and found.keys() == wanted.keys()
        return same and all(is_same(found[name], wanted[name]) for name in wanted)
    if isinstance(wanted, list):
        same = isinstance(found, list) and len(found) == len(wanted)
        return same and all(map(is_same, found, wanted))
    if isinstance(wanted, float):
        return abs(found - wanted) <= 1e-4
    return found == wanted


def watch_memory(port, process, wanted, requests):
    """Print the memory of a server after the first requests and after all of them."""
    for count in (WARM, requests - WARM):
        found = asyncio.run(load_of(port, 64, wanted, requests=count))
        status = Path(f"/proc/{process}/status").read_text()
        memory = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024 / 1e6
        print(f"{count:8,} requests  {memory:7.1f} MB  {found.line()}", flush=True)


if __name__ == "__main__":
    main()
