"""Labelled files: rows a second beside pandas and datasets, and what `keras-elmo check` takes.

python -m benchmarks.reading [--rows 100000] [--rounds 5]

A CSV and a JSON Lines file of short rows, 20 words and a label, are made and read in turns:

    ours       rows of strings with their lines, as `open_examples` streams them
    pandas     a table in memory, by `read_csv` and `read_json(lines=True)`
    datasets   a table on disk, by `load_dataset`, which then is its cache
    + rows     the same, and then each row as strings of Python, as a training needs them

Then `open_examples` and `keras-elmo check` read a hundredth of the rows and all of them, each in a
process of its own: seconds, and the peak of its memory (Linux only).
"""

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from keras_elmo.data import Reading, open_examples

STREAM = """
import re, sys
from keras_elmo.data import Reading, open_examples
for _ in open_examples(sys.argv[1], Reading()):
    pass
"""
CHECK = """
import re, sys
from keras_elmo.cli import main
sys.argv[1:] = ["check", sys.argv[1], "--json"]
try:
    main()
except SystemExit:
    pass
"""
PEAK = """
found = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())
print(int(found[1]) * 1024 / 1e6, file=sys.stderr)
"""
TEXT = "the a good bad film of and to in is it that was for on with as at by this"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write_files(folder, arguments.rows)
        for path in files:
            seconds = in_turns(readers(path, folder), arguments.rounds)
            ours = seconds["ours"]
            for reader, taken in seconds.items():
                ratio = median(b / a for a, b in zip(ours, taken, strict=True))
                speed = arguments.rows / median(taken)
                compared = "" if reader == "ours" else f"ours is {ratio:.2f} times as fast"
                print(f"{path.suffix[1:]:6} {reader:16} {speed:12,.0f} rows/s  {compared}")
        for rows in (arguments.rows // 100, arguments.rows):
            for path in write_files(folder, rows):
                for name, program in (("stream", STREAM), ("check", CHECK)):
                    taken, memory = measured(program, path)
                    what = f"{name:7}{path.suffix[1:]:6} {rows:10,} rows"
                    print(f"{what} {taken:6.1f} s {memory:6.0f} MB")


def write_files(folder, rows):
    """Return the paths of a CSV and a JSON Lines file."""
    table, lines = folder / "rows.csv", folder / "rows.jsonl"
    words, chance = TEXT.split(), random.Random(0)
    with table.open("w", newline="") as first, lines.open("w") as second:
        writer = csv.writer(first)
        writer.writerow(["text", "label"])
        for number in range(rows):
            text = " ".join([*chance.choices(words, k=19), str(number)])
            row = {"text": text, "label": chance.choice(["pos", "neg"])}
            writer.writerow(row.values())
            second.write(f"{json.dumps(row)}\n")
    return table, lines


def readers(path, folder):
    """Return name → a function that reads the file; without what is not installed."""
    found = {"ours": lambda: sum(1 for _ in open_examples(path, Reading()))}
    is_table = path.suffix == ".csv"
    try:
        import pandas

        def frame():
            return pandas.read_csv(path) if is_table else pandas.read_json(path, lines=True)

        found["pandas"] = frame
        found["pandas + rows"] = lambda: sum(1 for _ in frame().itertuples())
    except ImportError:
        pass
    try:
        import datasets

        datasets.disable_progress_bars()

        def table():
            cache = tempfile.mkdtemp(dir=folder)  # a new one, or nothing is read
            files = {"data_files": str(path), "split": "train", "cache_dir": cache}
            return datasets.load_dataset("csv" if is_table else "json", **files)

        found["datasets"] = table
        found["datasets + rows"] = lambda: sum(1 for _ in table())
    except ImportError:
        pass
    return found


def in_turns(functions, rounds):
    """Return the seconds that each of them takes in each round, after one that does not count."""
    seconds = {name: [] for name in functions}
    for number in range(rounds + 1):
        for name, function in functions.items():
            begin = time.perf_counter()
            function()
            if number:
                seconds[name].append(time.perf_counter() - begin)
    return seconds


def measured(program, path):
    """Return the seconds of a program in a process of its own, and the MB it had at most."""
    begin = time.perf_counter()
    command = [sys.executable, "-c", program + PEAK, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return time.perf_counter() - begin, float(done.stderr.splitlines()[-1])


if __name__ == "__main__":
    main()
