"""Tokens per second of embedding with a frozen ELMo of the original size, beside other libraries.

    python -m benchmarks.embed [--text FILE] [--peer NAME=PYTHON ...] [-o embed.json] [--add]

All programs read the same sentences and, but for ELMoForManyLangs, the same random weights (4096
units, 93.6 M parameters). Each runs in a process of its own with its default threads, and they take
turns: in every round each embeds all sentences once, and the machine's rate of matrix products is
measured, too. Peers, and `plain Keras`, which is `backbone.predict_on_batch` as most would write
it, get batches of 64 sentences as they come; `--sorted` shows those that compute padding once more
with the longest sentences first. Everything was called before it is measured. `cold` forgets all
words before a round, so that each word type goes through the character CNN once; `warm` remembers
them. All give all three layers.

A peer is a Python of its own in which it is installed:

    python3 -m venv tf && tf/bin/pip install simple_elmo tensorflow tf_keras
    python3 -m venv torch && torch/bin/pip install torch h5py "overrides<4"
    torch/bin/pip install --no-deps simple-elmo-pytorch elmoformanylangs
    python -m benchmarks.embed --peer simple-elmo=tf/bin/python \\
        --peer simple-elmo-pytorch=torch/bin/python --peer elmoformanylangs=torch/bin/python

simple_elmo runs the TensorFlow graph that TF-Hub's ELMo is, too; simple-elmo-pytorch is AllenNLP's
Elmo without AllenNLP. Not here: flair, whose ELMo calls AllenNLP 0.9, which is archived, and
pytorch-fast-elmo, which does not build on Python 3.11.

With `--add` the rounds are added to those in the output, for a machine that is idle for minutes
only, and `--program keras-float32` runs those of ours alone (and `plain`: the others are compared
with it). Told beside each time is how many processors other programs kept busy meanwhile;
`python -m benchmarks.embed_report embed.json --picture embed.png` draws what is there.

What is counted as arithmetic is told in `embed_arithmetic`. The machine's rate is that of products
of 64 × 512 by 512 × 16384 in the same type, the faster one of TensorFlow's and NumPy's, and for
int8 that of float32. Vectors of the first 64 sentences are compared with those of plain Keras; a
peer that keeps its state from batch to batch begins from zero there.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.embed_report import draw, machine, print_report, summary
from benchmarks.full_size import CONFIG, write_random_weights
from benchmarks.synthetic_text import TEXT, read_sentences

PEERS = ("simple-elmo", "simple-elmo-pytorch", "elmoformanylangs")
SORTING = PEERS[1:]  # they leave out padding, or sort by themselves


class Contender(NamedTuple):
    """What is measured: a program, and how it is asked."""

    program: str
    mode: str
    dtype: str = "float32"


OURS = {
    "keras-elmo float32, cold": Contender("keras-float32", "cold"),
    "keras-elmo float32, warm": Contender("keras-float32", "warm"),
    "keras-elmo bfloat16, cold": Contender("keras-bfloat16", "cold", "bfloat16"),
    "keras-elmo onnx float32, cold": Contender("onnx-float32", "cold"),
    "keras-elmo onnx int8, cold": Contender("onnx-int8", "cold", "int8"),
    "keras-elmo onnx int8, warm": Contender("onnx-int8", "warm", "int8"),
    "plain Keras": Contender("plain", "as it comes"),
}


COMPARED_WITH = "plain"
PROGRAMS = list(dict.fromkeys(contender.program for contender in OURS.values()))


def chosen_programs(names):
    """Those of ours that run: the ones that were named, and what they are compared with."""
    return [name for name in PROGRAMS if name in names or name == COMPARED_WITH]


class Program:
    """A process that answers."""

    def __init__(self, name, folder, python=None):
        here = Path(__file__).parent
        command = [sys.executable, "-m", "benchmarks.embed_programs", name, folder]
        environment = dict(os.environ)
        if python:
            file = f"peers/run_{name.replace('-', '_')}.py"
            command = [python, str(here / file), folder]
            environment["PYTHONPATH"] = ""
        self.name, self._log = name, Path(folder, f"{name}.log")
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
            )

    def answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended: {self._log.read_text()[-2000:]}")
        return json.loads(line)

    def ask(self, *words):
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        return self.answer()

    def cpu_seconds(self):
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")")[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self._process.kill()  # nothing of it is needed any more
        self._process.wait()


def start(programs, folder, ours, peers):
    """All programs, one after another: what they load at once could need too much memory."""
    versions = {}
    for name in [*ours, *peers, "products"]:
        print(f"starting {name}", file=sys.stderr, flush=True)
        programs[name] = Program(name, folder, peers.get(name))
        versions |= programs[name].answer()["versions"]
    return versions


def compare(programs, folder):
    """How far the vectors of each program are from those of plain Keras, by program."""
    found = {}
    for name, program in programs.items():
        if name not in ("products", "elmoformanylangs"):
            program.ask("vectors", f"{folder}/{name}.npz")
            with np.load(f"{folder}/{name}.npz") as file:
                found[name] = np.concatenate([file[key] for key in file.files])
    exact = found["plain"].astype(np.float64)
    return {
        name: {
            "max_difference": float(np.abs(vectors - exact).max()),
            "relative_rms": float(np.sqrt(((vectors - exact) ** 2).mean() / (exact**2).mean())),
        }
        for name, vectors in found.items()
    }


def busy_seconds():
    """Of all processors since the machine started: user, nice and system."""
    fields = Path("/proc/stat").read_text().split()[1:4]
    return sum(map(int, fields)) / os.sysconf("SC_CLK_TCK")


def measure(programs, contenders, rounds, count):
    """The rounds: seconds and the load of others by contender, and the rates of products."""
    programs["plain"].ask("round", "as-it-comes", count)  # it compiles for each length
    if any(contender.mode == "sorted" for contender in contenders.values()):
        programs["plain"].ask("round", "sorted", count)
    done = []
    for number in range(rounds):
        seconds, others = {}, {}
        for name, contender in contenders.items():
            program, mode = programs[contender.program], contender.mode.replace(" ", "-")
            load = busy_seconds() - program.cpu_seconds()
            seconds[name] = program.ask("round", mode, count)["seconds"]
            others[name] = (busy_seconds() - program.cpu_seconds() - load) / seconds[name]
            line = f"round {number + 1}: {name} {seconds[name]:.2f} s, others {others[name]:.2f}"
            print(line, file=sys.stderr, flush=True)
        products = programs["products"].ask("products")
        done.append({"seconds": seconds, "others": others, "products": products})
    return done


def earlier_result(path, result):
    """What is in a file of the same benchmark; its contenders may be others.

    Raises:
        ValueError: it is another one.
    """
    earlier = json.loads(path.read_text())
    same = ("machine", "text", "sentences", "tokens")
    if other := [key for key in same if earlier[key] != result[key]]:
        raise ValueError(f"{path} differs in {', '.join(other)}. Choose another --output.")
    return earlier


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, default=TEXT, help="A sentence a line, tokenised.")
    parser.add_argument("--sentences", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--peer", action="append", default=[], metavar="NAME=PYTHON", help=", ".join(PEERS)
    )
    parser.add_argument(
        "--program", nargs="*", default=PROGRAMS, choices=PROGRAMS, help="Of ours, not all."
    )
    parser.add_argument("--sorted", action="store_true", help="Also batches of like lengths.")
    parser.add_argument("-o", "--output", type=Path, default=Path("embed.json"))
    parser.add_argument("--add", action="store_true", help="Rounds to those in the output.")
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    peers = dict(peer.split("=", 1) for peer in arguments.peer)
    sentences = read_sentences(arguments.text, arguments.sentences)
    chosen = chosen_programs(arguments.program)
    ours = {key: each for key, each in OURS.items() if each.program in chosen}
    contenders = ours | {name: Contender(name, "as it comes") for name in peers}
    if arguments.sorted:
        able = {name: name for name in peers if name not in SORTING} | {"plain Keras": "plain"}
        contenders |= {f"{name}, sorted": Contender(able[name], "sorted") for name in able}
    with tempfile.TemporaryDirectory() as folder:
        write_random_weights(folder)
        Path(folder, "sentences.json").write_text(json.dumps(sentences), encoding="utf-8")
        programs = {}
        try:
            versions = start(programs, folder, chosen, peers)
            differences = compare(programs, folder)
            rounds = measure(programs, contenders, arguments.rounds, len(sentences))
        finally:
            for program in programs.values():
                program.close()
    result = {
        "machine": machine(),
        "versions": versions,
        "text": arguments.text.name,
        "sentences": len(sentences),
        "tokens": sum(map(len, sentences)),
        "word_types": len({token for sentence in sentences for token in sentence}),
        "seed": 0,
        "contenders": {name: contender._asdict() for name, contender in contenders.items()},
        "peers": list(peers),
        "differences": differences,
        "rounds": rounds,
    }
    if arguments.add and arguments.output.exists():
        earlier = earlier_result(arguments.output, result)
        for key in ("versions", "contenders", "differences"):
            result[key] = earlier[key] | result[key]
        result["peers"] = list(dict.fromkeys(earlier["peers"] + result["peers"]))
        result["rounds"] = earlier["rounds"] + rounds
    result["summary"] = summary(result, sentences, CONFIG)
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print_report(result)
    if arguments.picture:
        draw(result, arguments.picture)


if __name__ == "__main__":
    main()
