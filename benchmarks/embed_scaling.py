"""What a token costs to embed, by the size of the text and by the length of its sentences.

    python -m benchmarks.embed_scaling [--engine onnx --precision int8] [--picture scaling.png]

`elmo_mini_en`, or with `--full-size` the original shape with random weights. Words are drawn as
frequent as they are in a real text (`--text`). First texts of growing size, their sentences as long
as those of the real text; then texts of one size whose sentences are all 10, 25, ... tokens long.
All words are forgotten before each text, so that a short one pays for more words a token; with
`--warm` all are known. The spread is that between the highest and the lowest cost, in percent of
their mean; a cost is the lowest of all rounds, because what disturbs a round only adds to it.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from benchmarks.embed_report import machine
from benchmarks.full_size import write_random_weights
from benchmarks.synthetic_text import TEXT, SyntheticText, read_sentences
from keras_elmo.embedding.embedder import ElmoEmbedder
from keras_elmo.weights.detection import load_elmo

SIZES, LENGTHS = (10_000, 30_000, 100_000, 300_000, 1_000_000), (10, 25, 50, 100, 200)


def load(arguments):
    options = {"engine": arguments.engine, "precision": arguments.precision}
    if not arguments.full_size:
        return ElmoEmbedder("elmo_mini_en", **options)
    with tempfile.TemporaryDirectory() as folder:
        weights, options_file = write_random_weights(folder)
        return ElmoEmbedder(load_elmo(weights, options=options_file), **options)


def lengths_of_size(real, tokens, random):
    """Lengths of sentences drawn from a text's, of so many tokens in all."""
    lengths = random.choice(real, 2 * tokens // int(np.mean(real)) + 2)
    count = int(np.searchsorted(np.cumsum(lengths), tokens))
    lengths = lengths[: count + 1]
    lengths[-1] -= lengths.sum() - tokens
    return lengths


def make_texts(arguments):
    """Token lists by what they are: `("size", 10_000)` and the like."""
    draw, random = SyntheticText(arguments.text), np.random.default_rng(1)
    real = np.array([len(sentence) for sentence in read_sentences(arguments.text)])
    texts = {("size", size): lengths_of_size(real, size, random) for size in arguments.sizes} | {
        ("length", length): np.full(arguments.tokens // length, length)
        for length in arguments.lengths
    }
    return {key: list(draw.sentences(lengths)) for key, lengths in texts.items()}


def cost(embedder, sentences, *, warm):
    """Microseconds of a token."""
    if not warm:
        embedder._words.clear()
    begin, tokens = time.perf_counter(), 0
    for features in embedder.embed_iter(sentences):
        tokens += len(features)
    return 1e6 * (time.perf_counter() - begin) / tokens


def spread(costs):
    """Highest minus lowest, in percent of the mean."""
    costs = list(costs)
    return 100 * (max(costs) - min(costs)) / float(np.mean(costs))


def report(result):
    name = f"{result['model']}, {result['engine']} {result['precision']}, {result['words']}"
    print(f"\n{name}; {result['machine']['processor']}, {result['machine']['cores']} cores")
    for kind, title in (("size", "tokens of the text"), ("length", "tokens of a sentence")):
        rows = {row["at"]: min(row["costs"]) for row in result[kind]}
        if not rows:
            continue
        print(f"\n| {title} | " + " | ".join(f"{at:,}" for at in rows) + " |")
        print("|---" * (len(rows) + 1) + "|")
        print("| µs per token | " + " | ".join(f"{value:.1f}" for value in rows.values()) + " |")
        print(f"\nspread {spread(rows.values()):.1f} %")


def draw(result, path):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, kind, title in zip(
        panels, ("size", "length"), ("tokens of the text", "tokens of each sentence"), strict=True
    ):
        at = [row["at"] for row in result[kind]]
        costs = [min(row["costs"]) for row in result[kind]]
        axes.plot(at, costs, "o-", color="#2a6f97")
        axes.set_xscale("log")
        axes.set_xticks(at, [f"{value:,}" for value in at])
        axes.minorticks_off()
        axes.set_xlabel(title)
        axes.set_title(f"spread {spread(costs):.0f} %", fontsize=10)
        axes.margins(y=0.15)
        axes.set_ylim(0, None)
        axes.grid(axis="y", alpha=0.3)
    panels[0].set_ylabel("µs per token")
    figure.suptitle(
        f"{result['model']}, {result['engine']} {result['precision']}, {result['words']}"
    )
    figure.savefig(path, dpi=130)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, default=TEXT, help="A sentence a line, tokenised.")
    parser.add_argument("--engine", default="keras")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--full-size", action="store_true")
    parser.add_argument("--warm", action="store_true", help="All words are known before.")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--lengths", type=int, nargs="*", default=LENGTHS)
    parser.add_argument("--tokens", type=int, default=100_000, help="Of a text of one length.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, default=Path("embed_scaling.json"))
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    texts, embedder = make_texts(arguments), load(arguments)
    for _ in range(2):  # memory and threads are there
        cost(embedder, next(iter(texts.values())), warm=False)
    if arguments.warm:
        embedder.embed([list({word for text in texts.values() for line in text for word in line})])
    costs = {key: [] for key in texts}
    for _ in range(arguments.rounds):
        for key, sentences in texts.items():
            costs[key].append(cost(embedder, sentences, warm=arguments.warm))
            print(*key, f"{costs[key][-1]:.1f} µs", file=sys.stderr, flush=True)
    result = {
        "machine": machine(),
        "model": "original shape" if arguments.full_size else "elmo_mini_en",
        "engine": arguments.engine,
        "precision": arguments.precision,
        "words": "warm" if arguments.warm else "cold",
        "seed": 0,
    }
    for kind in ("size", "length"):
        result[kind] = [
            {"at": at, "costs": found} for (what, at), found in costs.items() if what == kind
        ]
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    report(result)
    if arguments.picture:
        draw(result, arguments.picture)


if __name__ == "__main__":
    main()
