"""Several columns of tags and labels of the sentence, from a file to a model and back."""

import json

import keras
import numpy as np
import pytest

from keras_elmo.data.predictions.column_lines import conllu_lines

SMALL = ("--epochs", "2", "--lstm-units", "4", "--batch-size", "4")
SENTENCES = [
    (
        ["play", "Nina"],
        {"Slot": ["O", "B-artist"], "UPOS": ["VERB", "PROPN"]},
        {"intent": "Music"},
    ),
    (["rain", "today", "?"], {"Slot": ["O"] * 3, "UPOS": ["NOUN"] * 3}, {"intent": "Weather"}),
] * 8


@pytest.fixture
def conllu(tmp_path):
    path = tmp_path / "train.conllu"
    path.write_text("".join(conllu_lines(*sentence) for sentence in SENTENCES))
    return path


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def test_from_a_file_to_measures(run, tiny, conllu, tmp_path):
    arguments = ("train", conllu, "--label", "UPOS,Slot,intent", "--preset", tiny, *SMALL)
    arguments += ("--scheme", "BIO")
    shown = run(*arguments, "--dev", conllu, "-o", "model").stderr
    assert "joint, 3 UPOS labels, 3 Slot labels, 2 intent labels: 16 rows to train on" in shown
    model = tmp_path / "model"
    config = json.loads((model / "task.json").read_text())["config"]
    assert (config["crf"], config["schemes"]) == (["Slot"], {"Slot": "BIO"})
    assert list(config["sentence_labels"]) == ["intent"]
    metrics = json.loads((model / "metrics.json").read_text())
    assert metrics["columns"].keys() == {"UPOS", "Slot", "intent"}
    assert (model / "confusion_matrix_intent.png").is_file()

    shown = run("evaluate", "model", conllu).stdout  # the columns are those of its heads
    assert "exact match" in shown
    assert "strict f1" in shown
    report = json.loads((model / "evaluation.json").read_text())
    assert {name: report[name] for name in ("exact_match", "columns")} == {
        name: metrics[name] for name in ("exact_match", "columns")
    }

    # The mistakes, counted once more from what `predict` writes.
    predicted = records(run("predict", "model", conllu).stdout)
    expected = {}
    for number, (record, (_, tags, labels)) in enumerate(zip(predicted, SENTENCES, strict=True)):
        gold = tags | labels
        found = {name: record[name].get("tags", record[name].get("label")) for name in gold}
        if wrong := [name for name in gold if found[name] != gold[name]]:
            expected[1 + 1 + sum(len(s[0]) + 2 for s in SENTENCES[:number])] = wrong
    errors = records((model / "errors.jsonl").read_text())
    assert {error["line"]: sorted(error["gold"]) for error in errors} == {
        line: sorted(names) for line, names in expected.items()
    }
    assert report["exact_match"] == 1 - len(errors) / len(SENTENCES)
    sure = [error["confidence"] for error in errors]
    assert sure == sorted(sure, reverse=True)

    shown = run("predict", "model", "-", "--to", "conllu", stdin="play Nina\n").stdout
    assert shown.startswith("# sent_id = 1\n# intent = ")
    shown = run("predict", "model", "-", "--to", "doccano", stdin="play Nina\n").stdout
    assert json.loads(shown).keys() == {"line", "text", "entities", "cats"}
    assert run("predict", "model", conllu, "--pretty").stdout.startswith("intent: ")


def test_columns_by_number_in_another_scheme(run, tiny, tmp_path):
    rows = "play O VERB\nNina B-a PROPN\nnow O ADV\n\n"
    (tmp_path / "a.conll").write_text(rows * 8)
    arguments = ("train", "a.conll", "--task", "joint", "--preset", tiny, *SMALL)
    run(*arguments, "--label", "tags=1,2", "--scheme", "BIOES", "-o", "model")
    config = json.loads((tmp_path / "model" / "task.json").read_text())["config"]
    assert config["labels"]["tags"] == ["O", "B-a", "E-a", "I-a", "S-a"]
    assert config["schemes"] == {"tags": "BIOES"}
    run("evaluate", "model", "a.conll", "--label", "tags=1,2")
    for error in records((tmp_path / "model" / "errors.jsonl").read_text()):
        assert "B-a" not in error["gold"].get("tags", [])  # a span of one token is S-
    run("predict", "model", "a.conll", "--pretty")
    told = run("evaluate", "model", "a.conll", "--label", "slots=1,2", code=1).stderr
    assert "the model knows the columns tags, 2. Received: slots, 2" in told
    told = run(*arguments, "-o", "x", code=1).stderr
    assert "several columns are named with commas" in told
    told = run(*arguments, "--label", "1,2", "--ordinal", "-o", "x", code=1).stderr
    assert "tags have no order" in told


def test_a_run_is_repeated_by_its_command_and_goes_on_after_a_crash(tiny, conllu, tmp_path):
    from typer.main import get_command

    from keras_elmo.cli import app
    from keras_elmo.training.checkpoint import TrainingCheckpoint
    from keras_elmo.workflows.runs import TrainingRun
    from keras_elmo.workflows.training import train_task

    run = TrainingRun(
        str(conllu),
        label="UPOS,Slot,intent",
        dev=str(conllu),
        preset=str(tiny),
        lstm_units=4,
        epochs=3,
        batch_size=4,
    )
    words = run.command("model")
    train = get_command(app).commands["train"]  # pyright: ignore
    options = train.make_context("train", words[2:]).params
    assert TrainingRun.from_options(options) == run

    class Break(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if self.params["steps"] and batch == 2:
                raise RuntimeError("a power cut")

    def weights(checkpoint=None, callbacks=()):
        data = run.read()
        task = run.build(data)
        held_out = data.held_out.texts, data.held_out.labels
        rest = {"checkpoint": checkpoint, "callbacks": callbacks, **run.training()}
        train_task(task, data.rows.texts, data.rows.labels, held_out, **rest)
        return [np.array(variable) for variable in task.variables]

    path = tmp_path / "checkpoint"
    with pytest.raises(RuntimeError, match="power cut"):
        weights(TrainingCheckpoint(path, minutes=0), [Break()])
    for found, expected in zip(weights(TrainingCheckpoint(path)), weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
