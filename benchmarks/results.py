"""Measure everything that docs/results.md says anew, one program after another.

    python -m benchmarks.results DATA CORPUS -o results/
    python -m benchmarks.results DATA CORPUS -o results/ --only gain,recipes

DATA and CORPUS hold the data sets and the text for pre-training. What each program prints is in
NAME.txt; a program with that file is done and not called again, so this one can be stopped and
called again at any time, and most programs then go on where they were. Nothing else should run
beside it. Other libraries (`--peer` of the programs) are left out.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

KERAS_ELMO = ("-c", "from keras_elmo.cli import main; main()")


class Step(NamedTuple):
    """One after another, programs that are measured together.

    Attributes:
        name: of the file.
        minutes: on two cores without a GPU.
        commands: arguments of Python.
    """

    name: str
    minutes: int
    commands: list[tuple[str, ...]]


def step(name, minutes, *commands):
    return Step(name, minutes, list(commands))


def module(name, *arguments):
    return ("-m", f"benchmarks.{name}", *arguments)


def with_report(command):
    """A program that goes on with a JSON Lines file, and then its tables of it."""
    return command, (*command[:2], "--report", *command[3:])


def steps(data, corpus, output):
    """All of them, those that others read first."""
    splits, texts = data / "splits", tuple(map(str, sorted(corpus.glob("*.txt.xz"))))
    held_out = map(str, sorted((corpus / "heldout").glob("*.txt")))
    held_out = (*held_out, f"{data}/wikitext2/test.txt")
    n_grams = ("--held-out", *held_out, "--corpus", f"{output}/corpus")
    written = ("-o", f"{output}/gain.jsonl")
    picture = ("--picture", f"{output}/gain.png")
    gain = module("pretraining_gain", f"{data}", "--fractions", "1.0,0.3,0.1,0.01", *written)
    recipes = module("fine_tuning", f"{data}", "-o", f"{output}/recipes.jsonl")
    tasks = module("tasks", f"{data}", "-o", f"{output}/tasks.jsonl")
    search = module("search", f"{data}", "-o", f"{output}/search")
    answers = module("answers", f"{data}/cuad_qa", "-o", f"{output}/answers.jsonl")
    words = f"{data}/cmudict/cmudict.dict"
    pronunciation = module("pronunciation", words, "-o", f"{output}/pronunciation.jsonl")
    return [
        step("startup", 2, module("startup")),
        step("reading", 5, module("reading", "--rows", "1000000", "--rounds", "3")),
        step("perplexity", 10, (*KERAS_ELMO, "perplexity", "elmo_mini_en", *held_out)),
        step("kneser_ney", 8, module("kneser_ney", "--train", *texts, *n_grams)),
        step("pretraining_speed", 5, module("pretraining_speed", *texts[:1])),
        step("gain", 600, gain, (*gain[:2], "--report", *written, *picture)),
        step("embed", 60, module("embed", "--sorted", "-o", f"{output}/embed.json")),
        step("embed_scaling", 30, module("embed_scaling", "-o", f"{output}/scaling.json")),
        step("embed_memory", 15, module("embed_memory", "-o", f"{output}/memory.json")),
        step("train_epoch", 10, module("train_epoch")),
        step("epoch_pauses", 10, module("epoch_pauses", f"{data}", "--rounds", "2")),
        step("int8", 30, module("int8_accuracy", f"{data}", "-o", f"{output}/int8.json")),
        step("fine_tuning_step", 5, module("fine_tuning_step")),
        step("recipes", 250, *with_report(recipes)),
        step("search", 110, search),
        step("crf_step", 5, module("crf_step", f"{splits}/wikigold/train.conll")),
        step("tasks", 240, *with_report(tasks)),
        step("answers", 130, *with_report(answers)),
        step("pronunciation", 250, *with_report(pronunciation)),
        step("bilstm", 10, module("bilstm")),
        step("head_step", 5, module("head_step")),
        step("freed_memory", 2, module("freed_memory")),
        step("loading", 10, module("loading")),
        step("full_size", 5, module("full_size")),
        step("demo", 3, (*KERAS_ELMO, "demo")),
    ]


def run(step, path):
    """Call its programs; their output is shown and kept."""
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8") as file:
        for command in step.commands:
            process = subprocess.Popen(
                [sys.executable, *command], stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
            for line in process.stdout:
                sys.stdout.write(line)
                file.write(line)
            if process.wait():
                raise SystemExit(f"{step.name} ended with {process.returncode}: {command}")
    unfinished.rename(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--only", help="names, with commas between them")
    parser.add_argument("--list", action="store_true", help="say what is left, and end")
    arguments = parser.parse_args()
    everything = steps(arguments.data, arguments.corpus, arguments.output)
    names = [step.name for step in everything]
    chosen = arguments.only.split(",") if arguments.only else names
    if unknown := set(chosen) - set(names):
        parser.error(f"--only takes {', '.join(names)}. Received: {', '.join(sorted(unknown))}")
    arguments.output.mkdir(parents=True, exist_ok=True)
    places = {step.name: arguments.output / f"{step.name}.txt" for step in everything}
    left = [s for s in everything if s.name in chosen and not places[s.name].exists()]
    table = Table("program", "minutes", title=f"{sum(s.minutes for s in left) / 60:.1f} hours left")
    for step in left:
        table.add_row(step.name, str(step.minutes))
    Console().print(table)
    if not arguments.list:
        for step in left:
            run(step, places[step.name])


if __name__ == "__main__":
    main()
