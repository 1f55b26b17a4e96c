"""Memory of a process that embeds a million sentences from a pipe, and one very long sentence.

    python -m benchmarks.embed_memory [--engine onnx --precision int8] [--picture memory.png]

One process writes sentences of 5 to 19 tokens, words as frequent as in a real text and one in a
hundred never seen before; another one reads them from its standard input and embeds them with
`elmo_mini_en`; this one looks every second at the memory of the second one that no file stands
behind (RssAnon). Told are the memory after 50,000 sentences and how far it goes from there, and the
peak of a process of its own for one sentence of 20,000 tokens. It is about memory, not speed: it
may run beside other work. Linux only.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from benchmarks.embed_report import machine
from benchmarks.synthetic_text import TEXT, SyntheticText

SETTLED, LONG, STEP = 50_000, 20_000, 1000


def write(text, count):
    lengths = np.random.default_rng(2).integers(5, 20, count)
    for sentence in SyntheticText(text, new_words=0.01).sentences(lengths):
        sys.stdout.write(" ".join(sentence) + "\n")


def read(engine, precision):
    """Embed the lines of standard input and say how far it is."""
    from keras_elmo.embedding.embedder import ElmoEmbedder

    embedder = ElmoEmbedder("elmo_mini_en", engine=engine, precision=precision)
    tokens = sentences = 0
    for features in embedder.embed_iter(line.rstrip("\n") for line in sys.stdin):
        tokens += len(features)
        sentences += 1
        if sentences % STEP == 0:
            print(sentences, tokens, flush=True)
    print(sentences, tokens, flush=True)


def own_memory(process):
    """MB that no file stands behind; 0 when the process has ended."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except FileNotFoundError:
        return 0.0
    found = [line for line in lines if line.startswith("RssAnon")]
    return int(found[0].split()[1]) * 1024 / 1e6 if found else 0.0


def child(part, arguments, **streams):
    command = [sys.executable, "-m", "benchmarks.embed_memory", "--part", part]
    for name in ("sentences", "text", "engine", "precision"):
        command += [f"--{name}", str(getattr(arguments, name))]
    return subprocess.Popen(command, text=True, **streams)


def watch(arguments):
    """Samples `(seconds, sentences, tokens, MB)`, one a second."""
    writer = child("write", arguments, stdout=subprocess.PIPE)
    reader = child("read", arguments, stdin=writer.stdout, stdout=subprocess.PIPE)
    writer.stdout.close()
    at = [0, 0]

    def follow():
        for line in reader.stdout:
            at[:] = map(int, line.split())

    thread = threading.Thread(target=follow)
    thread.start()
    samples, begin, told = [], time.monotonic(), 0
    while reader.poll() is None:
        time.sleep(1)
        if memory := own_memory(reader):
            samples.append((round(time.monotonic() - begin, 1), *at, round(memory, 1)))
        if at[0] >= told + 50_000:
            told = at[0]
            print(*samples[-1], file=sys.stderr, flush=True)
    thread.join()
    if reader.returncode or at[0] != arguments.sentences:
        raise RuntimeError(f"ended after {at[0]:,} sentences with code {reader.returncode}")
    return samples, at


def long_sentence(arguments):
    """The peak in MB while one long sentence is embedded."""
    sentence = next(SyntheticText(arguments.text).sentences(np.array([LONG])))
    reader = child("read", arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    reader.stdin.write(" ".join(sentence) + "\n")
    reader.stdin.close()
    peak = 0.0
    while reader.poll() is None:
        peak = max(peak, own_memory(reader))
        time.sleep(0.02)
    if reader.stdout.read().split() != ["1", str(LONG)]:
        raise RuntimeError(f"the long sentence failed with code {reader.returncode}")
    return peak


def report(result):
    print(
        f"{result['engine']} {result['precision']}: {result['sentences']:,} sentences, "
        f"{result['tokens']:,} tokens in {result['samples'][-1][0]:,.0f} s. After {SETTLED:,} "
        f"sentences {result['settled_mb']:,.0f} MB, then {result['least_mb']:,.0f} to "
        f"{result['most_mb']:,.0f} MB ({result['least_percent']:+.1f} % to "
        f"{result['most_percent']:+.1f} %). One sentence of {LONG:,} tokens: "
        f"{result['long_sentence_mb']:,.0f} MB at its peak."
    )


def draw(result, path):
    from matplotlib.figure import Figure

    _, sentences, _, memory = zip(*result["samples"], strict=True)
    settled = result["settled_mb"]
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.axhspan(0.9 * settled, 1.1 * settled, color="#2a6f97", alpha=0.15, label="± 10 %")
    axes.plot(np.array(sentences) / 1000, memory, color="#2a6f97")
    axes.set_xlabel("thousand sentences")
    axes.set_ylabel("memory in MB")
    axes.set_ylim(0, None)
    axes.set_title(
        f"elmo_mini_en, {result['engine']} {result['precision']}, from a pipe", loc="left"
    )
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=130)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=("read", "write"), help="What its processes run.")
    parser.add_argument("--sentences", type=int, default=1_000_000)
    parser.add_argument("--text", type=Path, default=TEXT, help="A sentence a line, tokenised.")
    parser.add_argument("--engine", default="onnx")
    parser.add_argument("--precision", default="int8")
    parser.add_argument("-o", "--output", type=Path, default=Path("embed_memory.json"))
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    if arguments.part == "write":
        write(arguments.text, arguments.sentences)
        return
    if arguments.part == "read":
        read(arguments.engine, arguments.precision)
        return
    peak = long_sentence(arguments)
    samples, (sentences, tokens) = watch(arguments)
    later = [memory for _, done, _, memory in samples if done >= SETTLED]
    result = {
        "machine": machine(),
        "engine": arguments.engine,
        "precision": arguments.precision,
        "seed": 0,
        "sentences": sentences,
        "tokens": tokens,
        "settled_mb": later[0],
        "least_mb": min(later),
        "most_mb": max(later),
        "least_percent": 100 * (min(later) / later[0] - 1),
        "most_percent": 100 * (max(later) / later[0] - 1),
        "long_sentence_mb": peak,
        "samples": samples,
    }
    arguments.output.write_text(json.dumps(result) + "\n")
    report(result)
    if arguments.picture:
        draw(result, arguments.picture)


if __name__ == "__main__":
    main()
