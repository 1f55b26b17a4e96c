"""Grapheme-to-phoneme on CMUdict: word and phoneme error rates of `ElmoSeq2Seq` on unseen words.

python -m benchmarks.pronunciation cmudict.dict -o pronunciation.json [--untrained] [--stress]

10,000 words are held out by seed 13 for the test and 2,000 to choose the epoch, each with all its
pronunciations; all pronunciations of the other words are trained on. As usual in the field a word
is right if it is one of its pronunciations, and stress is left out (39 phonemes), unless `--stress`
is given.
"""

import argparse
import json
import re
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from keras_elmo.fine_tuning.recipes import RECIPES
from keras_elmo.metrics.sequences import closest, sequence_report
from keras_elmo.tasks.checkpoint import TrainingCheckpoint
from keras_elmo.tasks.seq_2_seq import ElmoSeq2Seq
from keras_elmo.tasks.symbols import find_characters, find_symbols
from keras_elmo.tasks.training import train_task

SEED, TEST, DEVELOPMENT = 13, 10_000, 2_000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dictionary")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--preset", default="elmo_mini_en")
    parser.add_argument("--untrained", action="store_true", help="ELMo's shape alone")
    parser.add_argument("--stress", action="store_true")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lstm-units", type=int, default=256)
    parser.add_argument("--decoder-units", type=int, default=384)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--words", type=int, help="train on this many words only")
    arguments = parser.parse_args()
    test, development, rest = split(read_dictionary(arguments.dictionary, arguments.stress))
    begin = time.monotonic()
    task, result = trained(arguments, pairs(rest[: arguments.words]), pairs(development))
    task.save_to_preset(arguments.output.with_suffix(".model"), overwrite=True)
    report = {"arguments": vars(arguments) | {"output": str(arguments.output)}}
    report |= {"test_words": len(test), "train_words": len(rest[: arguments.words])}
    report |= {"train_seconds": time.monotonic() - begin, "history": result.history}
    for beam in (1, 4):
        report[f"beam_{beam}"] = measured(task, test, beam)
        print(f"beam {beam}: {report[f'beam_{beam}']}", flush=True)
        arguments.output.write_text(json.dumps(report, indent=1) + "\n")


def read_dictionary(path, stress):
    """Return word → its pronunciations, without repetitions."""
    words = {}
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        word, *phonemes = line.split("#")[0].split()
        if not stress:
            phonemes = [phoneme.rstrip("012") for phoneme in phonemes]
        known = words.setdefault(re.sub(r"\(\d+\)$", "", word), [])
        if phonemes not in known:
            known.append(phonemes)
    return words


def split(words):
    """Return lists of (word, pronunciations): test, development, training."""
    rows = sorted(words.items())
    order = np.random.default_rng(SEED).permutation(len(rows))
    rows = [rows[i] for i in order]
    return rows[:TEST], rows[TEST : TEST + DEVELOPMENT], rows[TEST + DEVELOPMENT :]


def pairs(rows):
    """Return every pronunciation with its word, which is ELMo's one token."""
    both = [([word], phonemes) for word, choices in rows for phonemes in choices]
    return [list(column) for column in zip(*both, strict=True)]


def trained(arguments, rows, development):
    keras.utils.set_random_seed(SEED)
    task = ElmoSeq2Seq.from_preset(
        arguments.preset,
        load_weights=not arguments.untrained,
        labels=find_symbols(rows[1]),
        source_characters=find_characters(rows[0]),
        lstm_units=arguments.lstm_units,
        decoder_units=arguments.decoder_units,
        symbol_dim=64,
        elmo_dropout=arguments.dropout,
        dropout=arguments.dropout,
        max_target_length=2 * max(map(len, rows[1])),
    )
    rate = arguments.learning_rate
    recipe = replace(RECIPES["frozen"], learning_rate=rate, schedule="warmup_cosine")
    checkpoint = TrainingCheckpoint(arguments.output.with_suffix(".checkpoint"), minutes=5)
    show = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: print(epoch + 1, shown(logs), flush=True)
    )
    options = {"epochs": arguments.epochs, "batch_size": arguments.batch_size, "seed": SEED}
    options |= {"recipe": recipe, "checkpoint": checkpoint, "callbacks": [show]}
    result = train_task(task, *rows, tuple(development), patience=arguments.epochs, **options)
    checkpoint.remove()
    return task, result


def measured(task, rows, beam):
    begin = time.monotonic()
    words, choices = [[word] for word, _ in rows], [choices for _, choices in rows]
    found = task.predict_labels(words, beam_size=beam, batch_size=128)
    report = sequence_report(closest(choices, found), found)
    return report | {"seconds": round(time.monotonic() - begin, 1)}


def shown(logs):
    return {name: round(float(value), 4) for name, value in logs.items()}


if __name__ == "__main__":
    main()
