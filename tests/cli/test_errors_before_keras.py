"""What is wrong with files and options is told before a backend is imported, which takes seconds.

All cases run in one new Python, which tells after each of them what it has imported.
"""

import json
import os
import subprocess
import sys

import pytest

from keras_elmo.weights.sources.presets import EMBEDDED

PROGRAM = """
import json, sys
from typer.testing import CliRunner
from keras_elmo.cli import app
backends = ("keras", "tensorflow", "jax", "torch")
for arguments in json.load(open(sys.argv[1])):
    result = CliRunner().invoke(app, arguments, input="")
    loaded = [name for name in backends if name in sys.modules]
    print(json.dumps([result.exit_code, result.output, loaded]), flush=True)
"""
NO_FILE = "no such file"
TRAINED = "--start-from trained"
NUMBERS = "numbers.csv -o m --task regression --label label"
CASES = [  # arguments, what is told
    ("train nofile.csv -o m", NO_FILE),
    ("train texts.csv -o m --text review", "must be one of text, label. Received: 'review'"),
    (
        "train texts.csv -o m --dev other.csv",
        "the model knows the labels neg, pos. Received: 'new'",
    ),
    ("train texts.csv -o m --dev nofile.csv", NO_FILE),
    (f"train other.csv -o m {TRAINED}", "the model knows the labels neg, pos. Received: 'new'"),
    (f"train texts.csv -o m {TRAINED} --mix mean", "Received beside it: --mix"),
    (f"train texts.csv -o m {TRAINED} --preset x", "Received beside it: --preset"),
    ("train texts.csv -o trained", "exists already"),
    ("train texts.csv -o begun", "begun.checkpoint is of a training that was interrupted"),
    ("train texts.csv -o m --preset nothing", "no such file or folder"),
    ("train texts.csv -o m --weights w.h5", "--options None"),
    ("train texts.csv -o m --word-vectors nofile.txt", NO_FILE),
    ("train texts.csv -o m --word-vectors texts.csv", "texts.csv:1: expected a word and its num"),
    ("train texts.csv -o m --task regression --ordinal", "must be a finite number"),
    ("train tags.conll -o m --ordinal", "tags have no order"),
    ("train tags.conll -o m --calibrate", "--calibrate is for a classifier"),
    ("train texts.csv -o m --cross-attention", "only texts of a pair"),
    ("train texts.csv -o m --mix sum", "Received: --mix sum"),
    ("train texts.csv -o m --max-forgetting 0.1 --average 3", "Leave one out"),
    ("train texts.csv -o m --mix mean --mix-layer-norm", "Received: --mix mean"),
    (
        "train texts.csv -o m --task seq2seq --source characters --mix-at-output",
        "Received: --source characters",
    ),
    (
        "train texts.csv -o m --metric rmse",
        "(--metric) of a classification task must be one of accuracy, macro_f1, loss. "
        "Received: 'rmse'",
    ),
    (
        "train tags.conll -o m --metric micro_f1",
        "must be one of f1, macro_f1, accuracy, loss. Received: 'micro_f1'",
    ),
    (
        "train texts.csv -o m --task seq2seq --metric bleurt",
        "one of accuracy, exact_match, token_error_rate, bleu, chrf, loss. Received: 'bleurt'",
    ),
    ("train texts.csv -o m --metric loss --dev-split 0", "--metric loss without one. Give --dev"),
    (
        f"train {NUMBERS} --class-weight balanced",
        "class weights are for labels and tags. Received: --class-weight balanced for numbers.csv "
        "(regression), whose rows hold a number. Leave it out. To take the numbers for classes",
    ),
    (
        f"train {NUMBERS} --metric spearman --dev same.csv",
        "same.csv: spearman needs different numbers to develop on. Received: 2.0 only",
    ),
    (f"tune {NUMBERS} --metric f1", "must be one of loss, mae, rmse, pearson, spearman. Received"),
    ("train texts.csv -o m --task poetry", "a task is one of classification, "),
    ("train texts.csv -o m --scheme BIO", "a tag scheme is for tags"),
    ("train deep.jsonl -o m", "deep.jsonl: not JSON that can be used. Received: values nested"),
    ("check nofile.csv", NO_FILE),
    ("check texts.csv --text review", "must be one of text, label. Received: 'review'"),
    ("check texts.csv --preset nothing", "which is neither"),
    ("check texts.csv --dev other.csv", "unknown_labels"),
    ("evaluate trained nofile.csv", NO_FILE),
    ("evaluate trained other.csv", "Received: 'new'"),
    ("evaluate trained texts.csv -o nowhere/out.json", "no folder nowhere"),
    ("evaluate nothing texts.csv", "which is neither"),
    ("evaluate elmo_mini_en texts.csv", "no trained task"),
    ("evaluate damaged texts.csv", "task.json: must be valid JSON"),
    ("predict trained nofile.txt", NO_FILE),
    ("predict trained texts.csv --text review", "Received: 'review'"),
    ("predict trained texts.csv -o texts.csv", "exists already"),
    ("predict trained texts.csv --to conll", "Received: 'conll'"),
    ("predict trained -", "holds no"),
    ("serve nothing", "which is neither"),
    ("serve elmo_mini_en", "no trained task"),
    ("serve trained ./trained", "2 called trained. Name one of them otherwise: NAME=FOLDER"),
    ("serve =trained", "must be of letters, digits"),
    ("serve trained --host no.such.host.invalid", "--host must be of this machine"),
    ("serve trained --token-file texts.csv", "texts.csv: must hold one token"),
    ("serve trained --token-file nofile.txt", "No such file"),
    ("serve trained --queue 9", "the queue of a server must hold the texts of a request"),
    ("tune nofile.csv -o m", NO_FILE),
    ("tune texts.csv -o trained", "exists already"),
    ("tune texts.csv -o m --space nofile.py", "nofile.py"),
    ("find-rate nofile.csv -o m", NO_FILE),
    ("embed nofile.txt -o out.h5", NO_FILE),
    ("embed texts.csv -o out.h5 --text review", "Received: 'review'"),
    ("embed texts.csv --text text -o nowhere/out.h5", "no folder nowhere"),
    ("pretrain nofile.txt -o m", NO_FILE),
    ("pretrain texts.csv -o m --heldout nofile.txt", NO_FILE),
    ("pretrain texts.csv -o trained", "exists already"),
    ("adapt elmo_mini_en nofile.txt -o m", NO_FILE),
    ("adapt nothing texts.csv -o m", "no such file or folder"),
    ("perplexity elmo_mini_en nofile.txt", NO_FILE),
    ("perplexity trained texts.csv", "without its language model"),
    ("score elmo_mini_en nofile.txt", NO_FILE),
    ("score nothing", "which is neither"),
    ("suggest trained a", "without its language model"),
    ("sample nothing", "which is neither"),
    ("convert nothing out", "no such file or folder"),
    ("convert elmo_mini_en trained", "exists already"),
    ("info damaged", "task.json: must be valid JSON"),
    ("info nothing", "no such file or folder"),
]


def trained_folder(folder):
    """Write what tells a trained task, without its weights."""
    folder.mkdir()
    for name in ("config.json", "preprocessor.json"):
        (folder / name).write_bytes((EMBEDDED / "elmo_mini_en" / name).read_bytes())
    config = {
        "labels": ["neg", "pos"],
        "backbone": json.loads((folder / "config.json").read_text()),
        "preprocessor": None,
    }
    task = {"class_name": "ElmoTextClassifier", "config": config}
    (folder / "task.json").write_text(json.dumps(task))


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return exit code, output and imported backends for each case."""
    folder = tmp_path_factory.mktemp("early")
    rows = "\n".join(
        f"a {word} film,{label}" for word, label in 6 * [("good", "pos"), ("bad", "neg")]
    )
    (folder / "texts.csv").write_text(f"text,label\n{rows}\n")
    (folder / "other.csv").write_text("text,label\na,pos\nb,new\n")
    (folder / "numbers.csv").write_text("text,label\n" + "a,1\nb,2\n" * 6)
    (folder / "same.csv").write_text("text,label\na,2\nb,2\n")
    (folder / "tags.conll").write_text("Ada B-PER\nlives O\n\nBob B-PER\nsleeps O\n\n" * 6)
    (folder / "deep.jsonl").write_text("[" * 100_000 + "\n")
    (folder / "w.h5").write_bytes(b"")
    (folder / "begun.checkpoint").write_bytes(b"")
    trained_folder(folder / "trained")
    trained_folder(folder / "damaged")
    (folder / "damaged/task.json").write_text('{"class_name": ')
    (folder / "cases.json").write_text(json.dumps([line.split() for line, _ in CASES]))
    environment = os.environ | {"COLUMNS": "500", "KERAS_ELMO_CACHE": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "cases.json"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    before = {"texts.csv", "other.csv", "tags.conll", "deep.jsonl", "w.h5", "begun.checkpoint"}
    before |= {"numbers.csv", "same.csv"}
    before |= {"trained", "damaged", "cases.json", "cache"}
    assert {path.name for path in folder.iterdir()} <= before
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("number", range(len(CASES)), ids=[line for line, _ in CASES])
def test_errors_are_told_before_a_backend_is_imported(told, number):
    code, output, loaded = told[number]
    assert CASES[number][1] in output
    assert (code, loaded) == (1, [])
