"""`train`, `evaluate` and `predict`: from files to a model folder and back."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from support import to_numpy

from keras_elmo import ElmoBackbone, ElmoTextClassifier, ElmoTokenClassifier
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.pretraining.export import export_preset
from keras_elmo.text.vocabulary import MARKS
from keras_elmo.workflows.runs import TrainingRun

SMALL = ("--epochs", "2", "--lstm-units", "4", "--batch-size", "8")
ALWAYS = {"task.json", "task.weights.h5", "config.json", "metrics.json", "history.csv"}
ALWAYS |= {"command.json", "learning_curves.png", "preprocessor.json", "metadata.json"}


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_classification(run, tiny, reviews, tmp_path):
    arguments = ("train", reviews, "--text", "text", "--label", "label", "-o", "model/")
    shown = run(*arguments, "--preset", tiny, *SMALL).stderr
    assert "epoch 2/2" in shown
    assert "highest rate" in shown

    model = tmp_path / "model"
    assert names(model) >= {*ALWAYS, "confusion_matrix.png"}
    metrics = json.loads((model / "metrics.json").read_text())
    assert 0.0 <= metrics["accuracy"] <= 1.0
    assert metrics["labels"] == ["neg", "pos"]
    with (model / "history.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1", "2"]
    command = json.loads((model / "command.json").read_text())
    assert command["command"][:3] == ["keras-elmo", "train", str(reviews)]
    assert command["seed"] == 13

    shown = run("evaluate", "model/", reviews).stdout
    assert "accuracy" in shown
    report = json.loads((model / "evaluation.json").read_text())
    assert report["examples"] == 24
    assert f"{report['accuracy']:.4f}" in shown

    numbered = ("--text", "0", "--label", "1", "--header", "-o", "numbered.json")
    run("evaluate", "model/", reviews, *numbered)
    assert json.loads((tmp_path / "numbered.json").read_text())["examples"] == 24
    assert len(records(run("predict", "model/", reviews, *numbered[:2], "--header").stdout)) == 24

    assert (
        "jsonl"
        in run("predict", "model/", reviews, "--text", "text", "--to", "conll", code=1).stderr
    )
    found = records(run("predict", "model/", "-", stdin="a good film\n\na bad film\n").stdout)
    assert [record["text"] for record in found] == ["a good film", "a bad film"]
    for record in found:
        assert sum(record["probabilities"].values()) == pytest.approx(1.0, abs=1e-5)
        assert record["label"] == max(record["probabilities"], key=record["probabilities"].get)


def test_tagging(run, tiny, conll, tmp_path):
    run("train", conll, "--format", "conll", "-o", "model/", "--preset", tiny, *SMALL)
    assert names(tmp_path / "model") >= {*ALWAYS, "confusion_matrix.png"}
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert {"accuracy", "precision", "recall", "f1", "per_type"} <= metrics.keys()
    run("evaluate", "model/", conll, "-o", "scores.json")
    assert json.loads((tmp_path / "scores.json").read_text())["tokens"] == 36
    [record] = records(run("predict", "model/", "-", stdin="Ada smiled .\n").stdout)
    assert record["tokens"] == ["Ada", "smiled", "."]
    assert len(record["tags"]) == len(record["probabilities"]) == 3
    assert record["text"] == "Ada smiled ."
    assert isinstance(record["entities"], list)


def test_tags_of_another_scheme(run, tiny, conll, tmp_path):
    arguments = ("train", conll, "--preset", tiny, "--dev", conll, *SMALL)
    run(*arguments, "-o", "model", "--scheme", "BIOES")
    task = json.loads((tmp_path / "model" / "task.json").read_text())["config"]
    assert task["scheme"] == "BIOES"
    assert task["crf"]
    assert task["labels"][0] == "O"
    assert {label[0] for label in task["labels"]} == set("OBIES")
    run("evaluate", "model", conll)  # of BIO tags
    [record] = records(run("predict", "model", "-", stdin="Ada lives in Rome\n").stdout)
    rows = [
        line.split("\t")
        for line in run("predict", "model", conll, "--to", "conll").stdout.splitlines()
    ]
    assert [len(row) for row in rows[:6]] == [2, 2, 2, 2, 1, 2]
    run("predict", "model", conll, "--to", "conllu", "-o", "tagged.conllu")
    lines = (tmp_path / "tagged.conllu").read_text().splitlines()
    assert lines[0] == "# sent_id = 1"
    assert lines[1].split("\t")[1] == "Ada"
    assert lines[1].split("\t")[-1] == f"Tag={rows[0][1]}"
    run("predict", "model", conll, "--to", "brat", code=1)
    run("predict", "model", conll, "--to", "brat", "-o", "suggestions")
    assert (tmp_path / "suggestions" / "00001.txt").read_text().startswith("Ada ")
    assert "annotation.conf" in os.listdir(tmp_path / "suggestions")
    tasks = [{"id": 7, "data": {"text": "Ada lives in Rome."}, "annotations": []}]
    (tmp_path / "tasks.json").write_text(json.dumps(tasks))
    run("predict", "model", "tasks.json", "--to", "label-studio", "-o", "suggested.json")
    [task] = json.loads((tmp_path / "suggested.json").read_text())
    assert task["data"] == {"line": 1, "id": "7", "text": "Ada lives in Rome."}
    assert task["predictions"][0]["model_version"] == "keras-elmo"
    for entity in record["entities"]:
        text = record["text"][entity["start_char"] : entity["end_char"]]
        assert entity["text"] == text
        assert 0.0 <= entity["confidence"] <= 1.0

    run(*arguments, "-o", "softmax", "--no-crf", "--word-shape-dim", "4")
    task = json.loads((tmp_path / "softmax" / "task.json").read_text())["config"]
    assert (task["crf"], task["scheme"]) == (False, "BIOES")


def test_a_scheme_is_for_spans(run, tiny, tmp_path):
    (tmp_path / "pos.conll").write_text("Ada PROPN\nsmiled VERB\n\nshe PRON\n")
    arguments = ("train", "pos.conll", "--preset", tiny, *SMALL)
    refused = run(*arguments, "--scheme", "BIOES", "-o", "model", code=1).stderr
    assert "pos.conll: a tag scheme is for tags that mark spans" in refused
    run(*arguments, "--dev-split", "0", "-o", "model")
    task = json.loads((tmp_path / "model" / "task.json").read_text())["config"]
    assert (task["crf"], task["scheme"]) == (False, None)
    assert "entities" not in run("predict", "model", "-", stdin="Ada\n").stdout


def test_multi_label(run, tiny, multi, tmp_path):
    run("train", multi, "-o", "model", "--preset", tiny, *SMALL, "--quiet")
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert "subset_accuracy" in metrics
    run("predict", "model", multi, "-o", "out.jsonl")
    found = records((tmp_path / "out.jsonl").read_text())
    assert len(found) == 24
    assert isinstance(found[0]["labels"], list)


def test_published_weights_trained_with_word_vectors(run, tiny, reviews, tmp_path):
    words = ["a", "good", "great", "joy", "bad", "dull", "lost", "film"]
    lines = [f"{word} {i}.5 1 -1" for i, word in enumerate(words)]
    (tmp_path / "glove.txt").write_text("\n".join(lines) + "\n")
    files = ("--weights", tiny.parent / "weights.hdf5", "--options", tiny.parent / "options.json")
    more = ("--word-vectors", "glove.txt", "--mix", "1", "--pooling", "attention", "--dev", reviews)
    training = ("--fine-tune", "full", "--elmo-learning-rate", "1e-4", "--class-weight", "balanced")
    shown = run("train", reviews, "-o", "model", *files, *more, *training, *SMALL).stderr
    assert "0.0001" in shown
    assert "word_vectors" in shown
    run("predict", "model", reviews)


def test_word_vectors_of_its_own_language_model(run, tiny, reviews, tmp_path):
    """All of its words have one: those that occur in the training data train."""
    arguments = ("train", reviews, "--word-vectors", "elmo", "-o", "model", *SMALL)
    assert "has no softmax.h5" in run(*arguments, "--preset", tiny, code=1).stderr
    files = ("--weights", tiny.parent / "weights.hdf5", "--options", tiny.parent / "options.json")
    assert "a preset's language model" in run(*arguments, *files, code=1).stderr
    model = ElmoLanguageModel(ElmoBackbone.from_preset(tiny), 6)
    export_preset(model, tmp_path / "elmo", vocabulary=[*MARKS, "joy", "Zebra", "zinc"])
    wrong = run(*arguments, "--preset", "elmo", "--word-embedding-dim", "3", code=1).stderr
    assert "must be that of `word_vectors`, 4, or left out. Received: 3" in wrong
    arguments = ("train", reviews, "--preset", "elmo", *SMALL)
    run(*arguments, "--word-vectors", "none", "-o", "plain")
    assert ElmoTextClassifier.from_preset(tmp_path / "plain").word_vectors is None
    # It is what a preset with a language model does by itself.
    (shown,) = [
        line for line in run(*arguments, "-o", "model").stderr.splitlines() if "│ word_vec" in line
    ]
    task = ElmoTextClassifier.from_preset(tmp_path / "model")
    known = task.preprocessor.word_vocabulary.tokens
    assert known[:6] == (*MARKS, "joy", "zebra", "zinc")
    assert set(known[6:]) == {"a", "film"}  # of the data, where they stand in two texts
    table = to_numpy(task.word_vectors.embeddings)
    assert f" {table.size:,} " in shown
    kernel = model.softmax.output_vectors()[3:]
    kernel = 0.4 * (kernel - kernel.mean(axis=0)) / (kernel - kernel.mean(axis=0)).std()
    np.testing.assert_allclose(table[5:7], kernel[1:], rtol=1e-5)
    joy = table[1 + known.index("joy")]
    assert not np.allclose(joy, kernel[0])  # which occurs, and so was trained
    np.testing.assert_allclose(joy, kernel[0], atol=0.1)


def test_fine_tuning_by_name(run, tiny, reviews, tmp_path):
    arguments = ("train", reviews, "--preset", tiny, "--fine-tune", "slight", "--lstm-units", "4")
    arguments += ("--dev", reviews, "--metric", "loss", "--learning-rate", "1e-3")
    arguments += ("--dropout", "0", "--elmo-dropout", "0", "--recurrent-dropout", "0")
    shown = run(*arguments, "-o", "model", "--epochs", "5").stderr
    assert "1–5" in shown  # the head
    assert "3–5" in shown  # ELMo
    assert "forgetting: CKA of the layers 1.000" in shown
    assert "cka_2" in (tmp_path / "model/history.csv").read_text().splitlines()[0]
    run("info", "model")
    refused = run(*arguments, "-o", "bound", "--max-forgetting", "0.1", code=1).stderr
    assert "needs the language model" in refused
    refused = run(*arguments, "-o", "short", "--epochs", "1", code=1).stderr
    assert "2 epochs of stages for 1" in refused
    assert not (tmp_path / "short").exists()


def test_what_was_not_learned_is_said(run, tiny, reviews, tmp_path):
    """Of texts that are all the same, half of the labels are right."""
    (tmp_path / "same.csv").write_text("text,label\n" + "a film,pos\na film,neg\n" * 3)
    options = ("--dev", "same.csv", "--preset", tiny, "--lstm-units", "4", "--batch-size", "8")
    told = run("train", reviews, *options, "--steps", "2", "--patience", "9", "-o", "model").stderr
    assert "at most 1 epoch of 3 steps (2 steps, as said); with a patience of 9 none ends" in told
    assert "still improving at the limit: --steps 4" in told
    told = " ".join(told.split())
    assert "warning: on the development set accuracy 0.500 is no better than always" in told
    assert "Try more --epochs" in told
    command = json.loads((tmp_path / "model" / "command.json").read_text())["command"]
    assert command[command.index("--steps") + 1] == "2"


def test_start_from_a_trained_model(run, tiny, reviews, conll, tmp_path):
    """It goes on with all that the model has: at a rate of 0 nothing changes."""
    small = {"lstm_units": 4, "mix": "concat"}
    labels = ["bad", "neg", "pos"]
    model = ElmoTextClassifier.from_preset(tiny, labels=labels, pooling="mean", **small)
    model.save_to_preset(tmp_path / "model")
    again = ("train", reviews, "--start-from", "model", "--epochs", "1")
    run(*again, "-o", "same", "--learning-rate", "0")
    before, after = (run("predict", name, reviews).stdout for name in ("model", "same"))
    assert after == before
    assert "forgetting: CKA" in run(*again, "-o", "further", "--fine-tune", "full").stderr
    further = ElmoTextClassifier.from_preset(tmp_path / "further")
    assert (further.labels, further.pooling, further.encoder.mix) == (labels, "mean", "concat")
    assert run("predict", "further", reviews).stdout != before

    usual = ("--lstm-units", "128", "--no-crf", "--mix", "scalar")  # said, if only the default
    refused = run(*again, "-o", "other", *usual, code=1).stderr
    assert "Received beside it: --lstm-units, --no-crf, --mix" in refused
    assert "beside it: --preset" in run(*again, "-o", "other", "--preset", tiny, code=1).stderr
    other = tmp_path / "other.csv"
    other.write_text("text,label\na good film,pos\nso so,neutral\n")
    wrong = run("train", other, "--start-from", "model", "-o", "other", code=1).stderr
    assert "other.csv:3" in wrong
    assert "'neutral'" in wrong

    labels = ["O", "S-PER", "S-LOC"]
    tagger = ElmoTokenClassifier.from_preset(tiny, labels=labels, scheme="BIOES", **small)
    tagger.save_to_preset(tmp_path / "tagger")
    data = TrainingRun(str(conll), start_from=str(tmp_path / "tagger")).read()
    assert data.rows.labels[0] == ["S-PER", "O", "O", "S-LOC"]  # the file has BIO


def test_errors_and_pretty(run, tiny, reviews, conll, tmp_path):
    """Mistakes with their lines, the surest first; predictions that people can read."""
    run("train", reviews, "-o", "model", "--preset", tiny, *SMALL, "--quiet")
    lines = reviews.read_text().splitlines()
    turned = [
        line.replace(",pos", ",x").replace(",neg", ",pos").replace(",x", ",neg") for line in lines
    ]
    (tmp_path / "turned.csv").write_text("\n".join(turned) + "\n")
    right = json.loads(_evaluated(run, "model", reviews)["evaluation.json"])["accuracy"]
    errors = _evaluated(run, "model", "turned.csv")["errors.jsonl"].splitlines()
    assert len(errors) == round(24 * right)  # wrong is now what was right
    errors = [json.loads(error) for error in errors]
    assert [e["confidence"] for e in errors] == sorted(
        (e["confidence"] for e in errors), reverse=True
    )
    for error in errors:
        assert turned[error["line"] - 1] == f"{error['input']},{error['gold']}"
        assert error["predicted"] != error["gold"]
        assert 0.5 <= error["confidence"] <= 1.0
    shown = run("predict", "model", reviews, "--pretty").stdout
    assert "a good film\n* " in shown
    assert "█" in shown
    assert (
        "on the terminal" in run("predict", "model", reviews, "--pretty", "-o", "x", code=1).stderr
    )

    run(
        "train",
        conll,
        "-o",
        "tagger",
        "--preset",
        tiny,
        "--quiet",
        "--epochs",
        30,
        "--dev-split",
        0,
    )
    (tmp_path / "one.txt").write_text("Ada lives in Rome\n")
    assert run("predict", "tagger", "one.txt", "--pretty").stdout.startswith("[Ada] [PER ")


def test_ordinal(run, tiny, conll, tmp_path):
    rows = [f"{'good ' * stars}film,{stars}" for stars in (1, 2, 3)] * 8
    (tmp_path / "stars.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    run("train", "stars.csv", "-o", "model", "--preset", tiny, *SMALL, "--ordinal", "--quiet")
    config = json.loads((tmp_path / "model" / "task.json").read_text())["config"]
    assert (config["ordinal"], config["labels"]) == (True, ["1", "2", "3"])
    run("predict", "model", "stars.csv")
    told = run("train", conll, "-o", "x", "--preset", tiny, "--ordinal", code=1).stderr
    assert "tags have no order" in told


def test_calibrate(run, tiny, reviews, conll, tmp_path):
    arguments = ("--preset", tiny, *SMALL, "--calibrate")
    shown = run("train", reviews, "-o", "model", *arguments).stderr
    assert "calibrated: temperature" in shown
    config = json.loads((tmp_path / "model" / "task.json").read_text())["config"]
    assert config["temperature"] != 1.0
    for refused in ((reviews, "--dev-split", 0), (conll,)):
        told = run("train", *refused, "-o", "x", *arguments, code=1).stderr
        assert "is for a classifier with a development set" in told
    assert not (tmp_path / "x").exists()


def test_ngrams(run, tiny, reviews, conll, tmp_path):
    """Words that decide are learned from their counts; the network has hardly begun."""
    arguments = ("--preset", tiny, *SMALL, "--ngrams", "--calibrate")
    shown = run("train", reviews, "--dev", reviews, "-o", "model", *arguments).stderr
    assert "n-grams: " in shown
    assert " of words, " in shown
    assert "weights: network " in shown
    assert (tmp_path / "model" / "ngrams.npz").is_file()
    run("evaluate", "model", reviews)
    assert json.loads((tmp_path / "model" / "evaluation.json").read_text())["accuracy"] == 1.0
    rows = [f'{{"text": "a {label}", "label": ["{label}", "z"]}}\n' for label in "xy"] * 12
    (tmp_path / "lists.jsonl").write_text("".join(rows))
    for refused, why in (
        ((conll,), "--ngrams is for a classifier with a development set"),
        (("lists.jsonl",), "n-grams are for one label of one text"),
    ):
        told = run("train", *refused, "-o", "x", *arguments, code=1).stderr
        assert why in " ".join(told.split())
    assert not (tmp_path / "x").exists()


def _evaluated(run, model, data):
    run("evaluate", model, data)
    return {name: Path(model, name).read_text() for name in ("evaluation.json", "errors.jsonl")}


def test_columns_by_number(run, tiny, tmp_path):
    rows = [f"{label}\ta {label} film" for label in ("x", "y")] * 6
    (tmp_path / "data.tsv").write_text("\n".join(rows) + "\n")
    arguments = ("--text", "1", "--label", "0", "--preset", tiny, "--dev-split", "0")
    run("train", "data.tsv", *arguments, "-o", "model", *SMALL, "--quiet")
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert metrics == {"metric": None, "best_epoch": None, "interrupted": False}


def test_overwrite(run, tiny, reviews, tmp_path):
    arguments = ("train", reviews, "-o", "model", "--preset", tiny, *SMALL, "--quiet")
    run(*arguments)
    before = (tmp_path / "model" / "task.weights.h5").read_bytes()
    assert "--overwrite" in run(*arguments, code=1).stderr
    assert (tmp_path / "model" / "task.weights.h5").read_bytes() == before
    run(*arguments, "--overwrite", "--seed", "14")
    assert (tmp_path / "model" / "task.weights.h5").read_bytes() != before
    assert not list(tmp_path.glob("model.*"))


def test_overwrite_never_replaces_other_folders(run, tiny, reviews, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("x")
    run("train", reviews, "-o", "thesis", "--preset", tiny, "--overwrite", code=1)
    assert names(tmp_path / "thesis") == {"chapter.tex"}


def test_pictures_are_left_out_without_matplotlib(run, tiny, reviews, tmp_path, monkeypatch):
    import sys

    for name in ("matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it fails now
    shown = run("train", reviews, "-o", "model", "--preset", tiny, *SMALL).stderr
    assert 'pip install "keras-elmo[plots]"' in shown
    assert "learning_curves.png" not in names(tmp_path / "model")
    assert "history.csv" in names(tmp_path / "model")
