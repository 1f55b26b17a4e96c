"""Grapheme-to-phoneme on CMUdict: word and phoneme error rates of `ElmoSeq2Seq` on unseen words.

    python -m benchmarks.pronunciation cmudict.dict -o pronunciation.jsonl [--seeds 3] [--stress]
    python -m benchmarks.pronunciation --report -o pronunciation.jsonl

10,000 words are held out by seed 13 for the test and 2,000 to choose the epoch, each with all its
pronunciations; all pronunciations of the other words are trained on. As usual in the field a word
is right if it is one of its pronunciations, and stress is left out (39 phonemes), unless `--stress`
is given. The same network is trained on an untrained ELMo too. A finished run is a line of the JSON
Lines file and is not done again; one that was ended goes on from its checkpoint.
"""

import argparse
import os
import re
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from benchmarks.pretraining_gain_plan import do_all, read_rows
from benchmarks.pretraining_gain_report import UNTRAINED, spread
from benchmarks.tasks import pending
from benchmarks.tasks_report import FINAL
from keras_elmo.fine_tuning.recipes import RECIPES
from keras_elmo.metrics.sequences import closest, sequence_report
from keras_elmo.tasks.sequences.seq_2_seq import ElmoSeq2Seq
from keras_elmo.text.symbols import find_characters, find_symbols
from keras_elmo.training.checkpoint import TrainingCheckpoint
from keras_elmo.workflows.training import train_task

SPLIT_SEED, TEST, DEVELOPMENT = 13, 10_000, 2_000
EPOCHS, BATCH_SIZE, BEAM = 12, 64, 4
HEAD = {
    "lstm_units": 256,
    "decoder_units": 384,
    "symbol_dim": 64,
    "elmo_dropout": 0.1,
    "dropout": 0.1,
    "recurrent_dropout": 0.0,
}
RECIPE = replace(RECIPES["frozen"], learning_rate=1e-3, schedule="warmup_cosine")
# Rows of the report: title, key of the measure, width of the beam.
MEASURES = (
    (f"word error rate, beam of {BEAM}", "word_error_rate", BEAM),
    ("word error rate, greedy", "word_error_rate", 1),
    (f"phoneme error rate, beam of {BEAM}", "phoneme_error_rate", BEAM),
)
AIM = 30.0


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
    order = np.random.default_rng(SPLIT_SEED).permutation(len(rows))
    rows = [rows[i] for i in order]
    return rows[:TEST], rows[TEST : TEST + DEVELOPMENT], rows[TEST + DEVELOPMENT :]


def pairs(rows):
    """Return every pronunciation with its word, which is ELMo's one token."""
    both = [([word], phonemes) for word, choices in rows for phonemes in choices]
    return [list(column) for column in zip(*both, strict=True)]


def trained(run, rows, development, options):
    """A task with the weights of its best epoch, and the training's record."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(run["seed"])
    task = ElmoSeq2Seq.from_preset(
        options.preset,
        load_weights=run["elmo"] != UNTRAINED,
        target_vocabulary=find_symbols(rows[1]),
        source_characters=find_characters(rows[0]),
        max_target_length=2 * max(map(len, rows[1])),
        **HEAD,
    )
    name = f"{run['elmo']}-{run['seed']}.checkpoint"
    checkpoint = TrainingCheckpoint(options.output.with_suffix(f".{name}"), minutes=5)
    show = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: print(
            epoch + 1, {name: round(float(value), 4) for name, value in logs.items()}, flush=True
        )
    )
    result = train_task(
        task,
        *rows,
        tuple(development),
        epochs=EPOCHS,
        patience=EPOCHS,
        batch_size=BATCH_SIZE,
        seed=run["seed"],
        recipe=RECIPE,
        checkpoint=checkpoint,
        callbacks=[show],
    )
    if result.interrupted:
        raise SystemExit("\ninterrupted: call it again to go on")
    checkpoint.remove()
    return task, result


def measured(task, rows, beam):
    """Error rates in %."""
    words, choices = [[word] for word, _ in rows], [choices for _, choices in rows]
    found = task.predict_labels(words, beam=beam, batch_size=128)
    report = sequence_report(closest(choices, found), found)
    return {
        "word_error_rate": 100 * (1 - report["exact_match"]),
        "phoneme_error_rate": 100 * report["token_error_rate"],
    }


def do(run, parts, options):
    """A finished row."""
    begin = time.process_time()
    test, development, train = parts
    task, result = trained(run, pairs(train), pairs(development), options)
    row = run | {"best_epoch": result.best_epoch, "epochs": len(result.history)}
    row |= {f"beam_{beam}": measured(task, test, beam) for beam in (1, BEAM)}
    return row | {"cpu_seconds": round(time.process_time() - begin)}


def report(rows):
    """Markdown of the error rates in %."""
    lines = [("test set", UNTRAINED, "elmo_mini_en", "aim"), ("---",) * 4]
    for number, (title, key, beam) in enumerate(MEASURES):
        cells = [
            spread([row[f"beam_{beam}"][key] for row in rows if row["elmo"] == elmo])
            for elmo in (UNTRAINED, FINAL)
        ]
        lines.append((title, *cells, "" if number else f"{AIM:.0f}"))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dictionary", type=Path, nargs="?")
    parser.add_argument("--preset", default="elmo_mini_en")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--stress", action="store_true", help="69 phonemes instead of 39; into a file of its own"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON Lines, appended to")
    parser.add_argument("--report", action="store_true", help="print the table of --output")
    options = parser.parse_args()
    if options.report:
        print(report(read_rows(options.output)))
        return
    if options.dictionary is None:
        parser.error("the dictionary is missing")
    parts = split(read_dictionary(options.dictionary, options.stress))
    name = options.dictionary.stem + "-stress" * options.stress
    runs = list(pending(read_rows(options.output), [name], options.seeds))
    do_all(runs, lambda run: do(run, parts, options), options.output)


if __name__ == "__main__":
    main()
