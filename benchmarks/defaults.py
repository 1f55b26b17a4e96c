"""Settings of `keras-elmo train`, compared on all data sets at several sizes.

    python -m benchmarks.defaults DATA -o defaults.jsonl --setting plain: --setting "b: --average 3"
    python -m benchmarks.defaults DATA -o defaults.jsonl --settings settings.txt --sizes 50,200,all
    python -m benchmarks.defaults --report -o defaults.jsonl [--sizes 200] [--by-set --on test]

DATA/splits/NAME holds train, dev and test. A setting is a name and, behind a colon, the options of
`train` that it stands for; a file of settings has one a line. A run is what that command does with
the first rows of a seeded order of the training set, as many as its size; the epoch is chosen on so
many rows of the development set, all of which is then measured, and the test set. `--scheme` counts
where tags mark spans, `--no-ngrams` where texts have labels. ELMo is frozen, loaded once, and each
text's features are computed once. A finished run is a line of the JSON Lines file and is not done
again; `--part 1/2` does every second one, for two processes side by side.
"""

import argparse
import gc
import os
import time
from functools import cache
from itertools import product
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

from benchmarks.command_lines import parameters
from benchmarks.defaults_report import report, sets_table
from benchmarks.pretraining_gain import PARTS, SETS, measure
from benchmarks.pretraining_gain_plan import do_all, read_rows, subset
from keras_elmo import ElmoTextClassifier
from keras_elmo.data import read_dataset
from keras_elmo.elmo.word_vectors import load_word_vectors
from keras_elmo.layers.memory import give_back_memory
from keras_elmo.tasks.model_calls import ModelCalls
from keras_elmo.training.feature_cache import CachedFeatures
from keras_elmo.weights.sources.presets import DEFAULT_PRESET, OWN_VECTORS
from keras_elmo.workflows.labelled_files import LabelledData
from keras_elmo.workflows.runs import TrainingRun
from keras_elmo.workflows.training import train_task
from keras_elmo.workflows.usual_settings import takes_ngrams, usual_scheme

ALL = "all"
SIZES = ("50", "200", "1000", ALL)
TABLE = "--text 1 --label 0 --task classification"  # of a set in a .tsv file


own_vectors = cache(load_word_vectors)


@cache
def loaded(place):
    """Backbone and preprocessor of the ELMo of a run that has nothing else said."""
    return TrainingRun("", **dict(place)).load_elmo()


class BenchmarkRun(TrainingRun):
    """A training on an ELMo that is loaded once for all of them."""

    @property
    def place(self):
        """What tells its ELMo from others."""
        names = ("preset", "weights", "options", "tokenizer")
        return tuple((name, getattr(self, name)) for name in names)

    def load_elmo(self):
        return loaded(self.place)

    def _word_vectors(self):
        if self._chosen_vectors() != OWN_VECTORS:
            return super()._word_vectors()
        return own_vectors(self.preset or DEFAULT_PRESET)


class StoredCalls(ModelCalls):
    """Predictions on stored features."""

    def _parts(self, sizes):
        yield list(range(len(sizes))), True

    def embed(self, batches):
        model = self._model
        found = CachedFeatures(model.backbone, model.preprocessor, [batches.sentences])
        [batches.features] = found.features


@cache
def read_parts(folder):
    """Train, dev and test of a set."""
    ending = "tsv" if (folder / "train.tsv").exists() else "conll"
    run = training_of(folder, "")[0]
    return [read_dataset(folder / f"{part}.{ending}", run.reading()) for part in PARTS]


@cache
def store_features(folder, place):
    """Compute the features of a set's texts, so that no run does."""
    backbone, preprocessor = loaded(place)
    texts = [preprocessor.tokenize(part.texts) for part in read_parts(folder)]
    CachedFeatures(backbone, preprocessor, texts)


def training_of(folder, options):
    """What `train` runs on a set with these options, and whether n-grams have a say."""
    is_table = (folder / "train.tsv").exists()
    files = f"{folder}/train.{'tsv' if is_table else 'conll'} {TABLE if is_table else ''}"
    found = parameters(f"keras-elmo train {files} {options}")
    run = BenchmarkRun.from_options(found)
    if run.recipe().unfreezing != "frozen":
        raise SystemExit(f"ELMo must stay frozen. Received: {options}")
    return run, found["ngrams"]


def data_of(run, parts, size, seed):
    """What a run of this size learns from and develops on, and the whole dev and test sets.

    Tags that mark no spans are left as they are.
    """
    scheme = usual_scheme(parts[0])
    train, dev, test = (part.in_scheme(scheme and (run.scheme or scheme)) for part in parts)
    classes = train.classes()
    if size != ALL:
        train, few = (first_rows(part, int(size), seed) for part in (train, dev))
        return LabelledData(train, few, classes), dev, test
    return LabelledData(train, dev, classes), dev, test


def first_rows(rows, size, seed):
    """So many rows, those of each class in its share."""
    if size >= len(rows):
        return rows
    return rows.rows(subset(rows.labels, size / len(rows), seed, at_least=1))


def do(row, folder):
    """A finished row."""
    run, ngrams = training_of(folder, f"{row['options']} --seed {row['seed']}")
    store_features(folder, run.place)
    begin, cpu = time.perf_counter(), time.process_time()
    data, dev, test = data_of(run, read_parts(folder), row["size"], row["seed"])
    keras.utils.clear_session()
    gc.collect()
    give_back_memory()
    task = run.build(data)
    task._calls = StoredCalls(task)
    few = data.held_out.texts, data.held_out.labels
    result = train_task(task, data.rows.texts, data.rows.labels, few, **run.training())
    if result.interrupted:
        raise SystemExit("\ninterrupted: call it again to go on")
    if ngrams is None:
        ngrams = takes_ngrams(data.rows, data.held_out, run.class_weight)
    if ngrams and isinstance(task, ElmoTextClassifier):
        task.add_ngrams(data.rows.texts, data.rows.labels, few)
    trained = time.perf_counter() - begin
    on_dev, on_test = measure(task, dev), measure(task, test)
    return row | {
        "measure": on_dev["measure"],
        "dev": on_dev["score"],
        "test": on_test["score"],
        "examples": len(data.rows),
        "best_epoch": result.best_epoch,
        "epochs": len(result.history),
        "diverged": result.diverged,
        "training_seconds": round(trained, 1),
        "seconds": round(time.perf_counter() - begin, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
    }


def key(row):
    return row["options"], row["set"], row["size"], row["seed"]


def pending(done, settings, sets, sizes, seeds, lengths):
    """The runs to do: a first seed of everything before a second one of anything.

    Args:
        done: finished rows.
        settings: name → options.
        sets, sizes, seeds: names, numbers of rows or `"all"`, and how many seeds.
        lengths: set → rows of its training set; a size that it does not have is left out.
    """
    known = {key(row) for row in done}
    for seed, name, size in product(range(seeds), sets, sizes):
        if size != ALL and int(size) >= lengths[name]:
            continue
        for setting, options in settings.items():
            row = {"setting": setting, "options": options, "set": name, "size": size, "seed": seed}
            if key(row) not in known:
                yield row


def read_settings(lines):
    """Name → options of `train`, of lines with a colon between the two."""
    pairs = [line.partition(":") for line in lines if line.strip() and line[:1] != "#"]
    return {name.strip(): options.strip() for name, _, options in pairs}


def filtered(rows, sets, sizes, settings):
    """Those of the sets, sizes and settings; of all settings where none are named."""
    return [
        row
        for row in rows
        if row["set"] in sets
        and row["size"] in sizes
        and (row["setting"] in settings or not settings)
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="folder with splits/NAME in it")
    parser.add_argument("--setting", action="append", default=[], help='"NAME: OPTIONS"')
    parser.add_argument("--settings", type=Path, help="file with such a setting a line")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--part", default="1/1", help="2/3: the second of three processes")
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON Lines, appended to")
    parser.add_argument("--report", action="store_true", help="print the tables of --output")
    parser.add_argument("--by-set", action="store_true", help="with --report: a row a set and size")
    parser.add_argument("--on", choices=("dev", "test"), default="dev", help="scores of the report")
    arguments = parser.parse_args()
    lines = arguments.settings.read_text().splitlines() if arguments.settings else []
    settings = read_settings([*lines, *arguments.setting])
    sets, sizes = arguments.sets.split(","), arguments.sizes.split(",")
    done = read_rows(arguments.output)
    if arguments.report:
        table = sets_table if arguments.by_set else report
        print(table(filtered(done, sets, sizes, settings), arguments.on))
        return
    if arguments.data is None or not settings:
        parser.error("DATA or a setting is missing")
    splits = arguments.data / "splits"
    lengths = {name: len(read_parts(splits / name)[0]) for name in sets}
    runs = list(pending(done, settings, sets, sizes, arguments.seeds, lengths))
    part, of = map(int, arguments.part.split("/"))
    do_all(runs[part - 1 :: of], lambda row: do(row, splits / row["set"]), arguments.output)


if __name__ == "__main__":
    main()
