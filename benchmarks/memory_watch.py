"""The memory of a running process, once a minute: python -m benchmarks.memory_watch PID -o FILE

    keras-elmo pretrain corpus/*.txt.xz -o run/ --time 2h &
    python -m benchmarks.memory_watch $! -o memory.jsonl
    python -m benchmarks.memory_watch --report -o memory.jsonl

A line holds the minute and the MB of its own (RssAnon: what is not backed by a file); the report is
the mean of every ten minutes. Ends with the process. Linux only.
"""

import argparse
import json
import re
import time
from pathlib import Path
from statistics import mean

MINUTES = 10  # of a row of the report


def own_memory(pid):
    """MB, or None where the process has ended."""
    try:
        found = re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return None
    return found and int(found[1]) * 1024 / 1e6


def report(rows):
    """A line for every ten minutes: the mean, the lowest and the highest."""
    parts = {}
    for row in rows:
        parts.setdefault(row["minute"] // MINUTES, []).append(row["own"])
    return "\n".join(
        f"{part * MINUTES:3d} to {(part + 1) * MINUTES:3d} min: {mean(own):,.0f} MB "
        f"({min(own):,.0f} to {max(own):,.0f})"
        for part, own in sorted(parts.items())
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pid", type=int, nargs="?")
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON Lines, appended to")
    parser.add_argument("--report", action="store_true", help="print the means of --output")
    arguments = parser.parse_args()
    if arguments.report:
        print(report([json.loads(line) for line in arguments.output.read_text().splitlines()]))
        return
    if arguments.pid is None:
        parser.error("PID is missing")
    begin = time.monotonic()
    while own := own_memory(arguments.pid):
        row = {"minute": round((time.monotonic() - begin) / 60), "own": round(own, 1)}
        with arguments.output.open("a") as file:
            file.write(json.dumps(row) + "\n")
        time.sleep(60)


if __name__ == "__main__":
    main()
