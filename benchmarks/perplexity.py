"""Perplexity of a pre-training run on held-out texts, full softmax, a line a file.

    python -m benchmarks.perplexity RUN TEXT... [--max-tokens 50000]

RUN is the folder of `keras-elmo pretrain`. Texts hold one sentence a line, words split on spaces;
of each file the first `--max-tokens` tokens are read (0: all). Sentences start from zero state.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from keras_elmo.pretraining.checkpoint import load_checkpoint
from keras_elmo.pretraining.corpus import encode_sentences
from keras_elmo.pretraining.evaluation import perplexity
from keras_elmo.text import read_lines


def sentences(path, max_tokens, max_length=60):
    """Token lists of a file; longer ones are cut, as in pre-training."""
    count = 0
    for line in read_lines(path):
        words = line.text.split()
        for start in range(0, len(words), max_length):
            yield words[start : start + max_length]
        count += len(words)
        if max_tokens and count >= max_tokens:
            return


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("texts", type=Path, nargs="+")
    parser.add_argument("--max-tokens", type=int, default=50_000)
    arguments = parser.parse_args()
    found = load_checkpoint(arguments.run)
    if found is None:
        raise SystemExit(f"{arguments.run} holds no checkpoint of `keras-elmo pretrain`.")
    types = (arguments.run / "corpus" / "types.txt").read_text(encoding="utf-8").split("\n")
    print(
        "| text | tokens | unknown | forward | backward | perplexity |\n|---|---|---|---|---|---|"
    )
    for path in arguments.texts:
        corpus = encode_sentences(list(sentences(path, arguments.max_tokens)), types)
        row = perplexity(found[0], corpus)
        print(
            f"| {path.stem} | {row['tokens']:,} | {row['unknown']:.1%} | {row['forward']:.1f} "
            f"| {row['backward']:.1f} | {row['perplexity']:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
