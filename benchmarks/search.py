"""What a search finds: its settings and the defaults, trained with three seeds, on the test set.

    python -m benchmarks.search DATA -o search/

DATA/splits/NAME holds train, dev and test, DATA/wikitext2 the text that perplexity is measured on.
`keras-elmo tune` writes to search/study; then `keras-elmo train` makes a model with its defaults
and one with train_command.txt for each seed; a copy of either goes on for an epoch in which all of
ELMo trains, at discriminative rates; and each gets n-grams in a copy, as `--ngrams` adds them. What
is there is not made again, so this can be stopped and called again.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from statistics import mean, stdev

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
from rich.console import Console
from rich.table import Table

from benchmarks.command_lines import run_of
from benchmarks.fine_tuning import plain_text
from benchmarks.tasks_settings import WITH_ELMO
from keras_elmo import ElmoTextClassifier, ForgettingMonitor
from keras_elmo.data import Reading, read_dataset

KERAS_ELMO = (sys.executable, "-c", "from keras_elmo.cli import main; main()")
PRESET = "elmo_mini_en"  # the default of `tune` and `train`
MEASURES = ("accuracy, %", "macro-F1, %", "accuracy on dev, %", "perplexity")
SEED = 13  # of the search


def keras_elmo(*arguments):
    subprocess.run([*KERAS_ELMO, *map(str, arguments)], check=True)


def evaluated(model, part, labelled):
    """What `evaluate` writes about a trained model and a labelled file."""
    report = model / f"evaluation_{part}.json"
    if not report.exists():
        keras_elmo("evaluate", model, *labelled, "--output", report)
    return json.loads(report.read_text(encoding="utf-8"))


def scores_of(model, dev, test, text):
    """The `MEASURES` of a trained model; perplexity is that of `text` under its ELMo."""
    on_test, on_dev = evaluated(model, "test", test), evaluated(model, "dev", dev)
    task = ElmoTextClassifier.from_preset(model)
    forgetting = ForgettingMonitor(task.backbone, task.preprocessor, PRESET, text=text)
    shares = on_test["accuracy"], on_test["macro_f1"], on_dev["accuracy"]
    return [*(100 * share for share in shares), forgetting.before["perplexity"]]


def with_elmo(model, train, seed):
    """A trained model's copy after one more epoch, in which ELMo trains too."""
    folder = model.with_name(f"{model.name}, ELMo trained")
    if not folder.exists():
        keras.utils.set_random_seed(seed)
        task = ElmoTextClassifier.from_preset(model)
        recipe = run_of(f"keras-elmo train {train.path} {WITH_ELMO}").recipe()
        task.fit(train.texts, train.labels, seed=seed, recipe=recipe, verbose=2)
        task.save_to_preset(folder)
    return folder


def with_ngrams(model, train, dev):
    """A trained model's copy with n-grams beside the network."""
    folder = model.with_name(f"{model.name}, n-grams")
    if not folder.exists():
        task = ElmoTextClassifier.from_preset(model)
        task.add_ngrams(train.texts, train.labels, (dev.texts, dev.labels))
        task.save_to_preset(folder)
    return folder


def found_command(study):
    """The `train` command of a search, without the folder that it writes to."""
    words = shlex.split((study / "train_command.txt").read_text(encoding="utf-8"))
    place = words.index("--output")
    return [*words[1:place], *words[place + 2 :]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with splits/NAME in it")
    parser.add_argument("--set", default="fpb-50agree", help="two columns: label, text")
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder")
    arguments = parser.parse_args()
    split, study = arguments.data / "splits" / arguments.set, arguments.output / "study"
    columns = ("--text", "1", "--label", "0")
    training = (split / "train.tsv", *columns, "--dev", split / "dev.tsv")
    arguments.output.mkdir(parents=True, exist_ok=True)
    again = ("--trials", arguments.trials, "--seed", SEED, "-o", study, "--resume")
    keras_elmo("tune", *training, *again)
    best, defaults = found_command(study), ["train", *map(str, training)]
    how = Reading(text="1", label="0")
    parts = [read_dataset(split / f"{part}.tsv", how) for part in ("train", "dev")]
    labelled = [(split / f"{part}.tsv", *columns) for part in ("dev", "test")]
    text = plain_text(arguments.data)
    scores = {}
    for name, command in (("defaults", defaults), ("best of the search", best)):
        for seed in range(SEED, SEED + arguments.seeds):
            model = arguments.output / f"{name}, seed {seed}"
            if not model.exists():
                keras_elmo(*command, "--seed", seed, "-o", model, "--quiet", "--resume")
            for kind, one in (("", model), (", ELMo trained", with_elmo(model, parts[0], seed))):
                row = f"{name}{kind}"
                scores.setdefault(row, []).append(scores_of(one, *labelled, text))
                both = with_ngrams(one, *parts)
                scores.setdefault(f"{row}, n-grams", []).append(scores_of(both, *labelled, text))
    table = Table("", *MEASURES)
    for name, of_seeds in scores.items():
        rows = zip(*of_seeds, strict=True)
        spread = (f"{mean(s):.2f} ± {stdev(s) if len(s) > 1 else 0.0:.2f}" for s in rows)
        table.add_row(name, *spread)
    Console().print(table)


if __name__ == "__main__":
    main()
