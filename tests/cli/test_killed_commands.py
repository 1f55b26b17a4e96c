"""Whole commands, killed before each of their file events: run again, they end as if alone."""

import io
import json
from functools import partial

import h5py
import pytest
from kill_support import check_kills, write

REVIEWS = "text,label\n" + "a good film,pos\na bad film,neg\n" * 4
SMALL = ("--epochs", "1", "--lstm-units", "2", "--batch-size", "8", "--quiet")
TRAIN = ("train", "reviews.csv", "-o", "model", *SMALL, "--word-vectors", "none", "--dev-split", 0)
COMMANDS = {
    "convert": ("convert", "{tiny}", "converted", "--overwrite"),
    "train": (*TRAIN, "--preset", "{tiny}", "--overwrite"),
    "predict": ("predict", "{model}", "reviews.csv", "-o", "predicted.jsonl", "--overwrite"),
    "evaluate": ("evaluate", "{model}", "reviews.csv", "-o", "scores.json"),
}
TIMED = {"history.csv", "metrics.json", "metadata.json", "learning_curves.png", "task.json"}


def comparable(name, data):
    """What two runs of a command have in common: all but times and Keras's numbers of objects."""
    last = name.rpartition("/")[2]
    if data is not None and last.endswith(".h5"):
        return arrays(data)
    if data is None or last not in TIMED:
        return data
    return sorted(json.loads(data)) if last.endswith(".json") else last


def arrays(data):
    found = {}
    with h5py.File(io.BytesIO(data)) as file:
        file.visititems(
            lambda name, x: found.update({name: x[()].tobytes()} if hasattr(x, "dtype") else {})
        )
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_every_file_event(name, run, tiny, tmp_path, tmp_path_factory, monkeypatch):
    model = tmp_path_factory.mktemp("trained") / "model"
    write(tmp_path / "reviews.csv", REVIEWS)
    places = {"{tiny}": tiny, "{model}": model}
    arguments = [places.get(argument, argument) for argument in COMMANDS[name]]
    if model in arguments:
        run(*(model if argument == "model" else argument for argument in TRAIN), "--preset", tiny)
    prepare = partial(write, "reviews.csv", REVIEWS)
    check_kills(tmp_path, monkeypatch, partial(run, *arguments), prepare, comparable)
