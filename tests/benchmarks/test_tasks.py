"""What `benchmarks.tasks` runs and shows."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.command_lines import run_of
from benchmarks.pretraining_gain_report import UNTRAINED
from benchmarks.tasks import do, joined, pending, training_of
from benchmarks.tasks_report import FINAL, WITH_EPOCH, report
from benchmarks.tasks_settings import COMMANDS, WITH_ELMO
from keras_elmo.data.datasets import CLASSIFICATION, TAGGING, Dataset
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.tasks.encoder import EncoderConfig

BUILT = ("wikigold", "fpb-50agree", "snips")


def row(name, elmo, seed, **test):
    return {"set": name, "elmo": elmo, "seed": seed, "test": test}


def test_a_first_seed_of_everything_comes_before_a_second_one():
    done = [row("a", FINAL, 0)]
    runs = [(run["seed"], run["set"], run["elmo"]) for run in pending(done, ["a", "b"], 2)]
    assert runs[:4] == [
        (0, "a", "untrained"),
        (0, "b", FINAL),
        (0, "b", "untrained"),
        (1, "a", FINAL),
    ]
    assert len(runs) == 7


def test_the_table_has_means_and_deviations_beside_baseline_and_aim():
    rows = [row("wikigold", FINAL, seed, F1=f1) for seed, f1 in enumerate((79.0, 80.0, 81.0))]
    rows += [row("wikigold", "untrained", 0, F1=69.5), row("wikigold", WITH_EPOCH, 0, F1=80.5)]
    lines = report(rows).splitlines()
    cells = "69.50 | 80.00 ± 1.00 | 80.50 | 73.4 (CRFsuite) | 78.0"
    assert lines[2] == f"| Wikigold, span F1 | {cells} |"
    assert lines[3].startswith("| WNUT-17, span F1 | – | – | – |")


def test_slots_and_intents_of_the_same_sentences():
    texts = [["play", "jazz"], ["stop"]]
    slots = Dataset("slots", TAGGING, texts, [["O", "B-genre"], ["O"]], [1, 4])
    intents = Dataset("intents", CLASSIFICATION, ["play jazz", "stop"], ["Play", "Stop"], [1, 2])
    both = joined(slots, intents)
    assert both[0] == {"tokens": ["play", "jazz"], "slots": ["O", "B-genre"], "intent": "Play"}
    with pytest.raises(ValueError, match="shorter"):
        joined(slots, intents.rows([0]))


TAGS = {
    "mix": "scalar",
    "mix_layer_norm": True,
    "word_embedding_dropout": 0.3,
    "word_shape_dim": 16,
    "mix_at_output": True,
    "lstm_units": [128],
    "elmo_dropout": 0.2,
    "dropout": 0.5,
}
TEXTS = {
    "mix": "scalar",
    "mix_layer_norm": True,
    "word_embedding_dropout": 0.4,
    "lstm_units": [64],
    "elmo_dropout": 0.5,
    "dropout": 0.5,
}
SLOW, FAST, LARGE, CLASSES = (
    {"learning_rate": rate, "batch_size": size, "epochs": epochs, "patience": patience}
    for rate, size, epochs, patience in (
        (2e-3, 16, 25, 6),
        (2e-3, 32, 15, 4),
        (4e-3, 64, 15, 4),
        (2e-3, 64, 30, 6),
    )
)
# What the tables of docs/results.md were measured with, before there were options for it.
BEFORE = {
    "wikigold": ("BIOES", TAGS, SLOW),
    "wnut17": ("BIOES", TAGS, SLOW),
    "fpb-50agree": (None, TEXTS, CLASSES),
    "sst2": (None, TEXTS, CLASSES),
    "movie-reviews-rt": (None, TEXTS, CLASSES),
    "ud-ewt": (None, TAGS, FAST),
    "conll2000": ("BIOES", TAGS, FAST),
    "snips": ("BIO", TAGS, LARGE),
}
FILES = {
    "conll": "Ada\tB-PER\nlives\tO\n\nRome\tB-LOC\n\n",
    "tsv": "good\ta joy\nbad\tlost hours\n",
    "jsonl": "".join(
        f"{json.dumps({'tokens': ['play', word], 'slots': ['O', tag], 'intent': intent})}\n"
        for word, tag, intent in (("jazz", "B-genre", "Play"), ("it", "O", "Stop"))
    ),
}


@pytest.mark.parametrize("name", BEFORE)
def test_each_command_line_builds_what_was_measured(name, tiny, tmp_path):
    scheme, head, how = BEFORE[name]
    for elmo, size in ((FINAL, None), (UNTRAINED, 128)):
        run = training_of({"set": name, "elmo": elmo, "seed": 2}, tmp_path, tiny)
        for path in map(Path, (run.data, run.dev)):
            path.parent.mkdir(exist_ok=True)
            path.write_text(FILES[path.suffix[1:]])
        assert (run.scheme, run.seed) == (scheme, 2)
        training = run.training()
        assert training["recipe"] == Recipe(learning_rate=how["learning_rate"])
        assert {
            name: training[name] for name in how.keys() - {"learning_rate"}
        }.items() <= how.items()
        if name not in BUILT:  # one of each shape
            continue
        task = run.build(run.read())
        wanted = asdict(EncoderConfig(**head, word_embedding_dim=size, recurrent_dropout=0.0))
        assert asdict(task.encoder) == wanted
        assert task.preprocessor.get_config()["tokenizer"] == "whitespace"
        config = task.get_config()
        assert config.get("pooling", "max") == "max"
        if name == "wikigold":
            assert (config["crf"], config["scheme"]) == (True, "BIOES")
        if name == "snips":
            assert (config["crf"], config["schemes"]) == (["slots"], {"slots": "BIO"})
            assert config["sentence_labels"] == {"intent": ["Play", "Stop"]}


def test_a_finished_run_has_its_measures(tiny, tmp_path, monkeypatch):
    monkeypatch.setitem(COMMANDS, "fpb-50agree", f"{COMMANDS['fpb-50agree']} --epochs 2")
    (tmp_path / "fpb-50agree").mkdir()
    for part in ("train", "dev", "test"):
        (tmp_path / "fpb-50agree" / f"{part}.tsv").write_text(FILES["tsv"] * 2)
    run = {"set": "fpb-50agree", "elmo": WITH_EPOCH, "seed": 0}
    found = do(run, {"": tmp_path}, tiny)
    assert found["test"] == found["dev"]
    measures = ("accuracy", "macro-F1")
    both = [*measures, *(f"{name}, with n-grams" for name in measures), "accuracy, n-grams alone"]
    assert list(found["test"]) == both
    assert found["test"]["accuracy, n-grams alone"] == 100.0
    assert 1 <= found["best_epoch"] <= found["epochs"] == 2


def test_the_epoch_with_elmo():
    assert run_of(f"keras-elmo train data.csv {WITH_ELMO}").recipe() == Recipe(
        "all", learning_rate=3e-4, elmo_learning_rate=1e-4
    )
