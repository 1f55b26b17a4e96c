"""A task that is defined here alone registers itself and goes through all commands."""

import csv
import json

import keras
import numpy as np
import pytest

from keras_elmo.data.datasets import NumberDataset
from keras_elmo.data.kinds import KINDS, DataKind, add_kind
from keras_elmo.data.roles import number
from keras_elmo.layers.pooling import SequencePooling
from keras_elmo.tasks.described_task import Output
from keras_elmo.tasks.loading import load_task
from keras_elmo.tasks.registry import OURS, class_for, kind_of, register, task_class
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.workflows.options import training_options

COUNT = "count"
SMALL = ("--preset", "tiny", "--epochs", 2, "--lstm-units", 2, "--quiet")


# === The task: fewer than 80 lines ===


def count_of(fields, columns, text, reading):
    """The number that stands in the column of the label."""
    [name] = columns.target.values()
    return number(fields[name])


add_kind(DataKind(COUNT, "a count for each text", target=count_of, dataset=NumberDataset))


@keras.saving.register_keras_serializable("tests")
class ElmoCounter(ElmoTask):
    """ELMo → BiLSTM → pooling → the rate of a Poisson distribution."""

    kinds = (COUNT,)
    rank = "error"
    has_classes = False

    def __init__(self, backbone, *, pooling="max", **kwargs):
        self.pooling_layer = SequencePooling(pooling, name="pooling")
        super().__init__(backbone, **kwargs)
        self.pooling = pooling

    def build_outputs(self, x, padding_mask, num_classes):
        x = self.pooling_layer(x, mask=padding_mask)
        return keras.layers.Dense(1, "softplus", dtype="float32", name="rate")(x)

    def default_loss(self):
        return keras.losses.Poisson()

    def default_metrics(self):
        return [keras.metrics.MeanAbsoluteError(name="mae")]

    def target_function(self, sentences, y, class_weight, sample_weight):
        targets, weights = np.array(y, np.float32)[:, None], np.array(sample_weight, np.float32)
        return lambda rows, length: (targets[rows], weights[rows])

    def collect(self, sentences, outputs):
        return super().collect(sentences, outputs)[:, 0]

    def records_of(self, texts, *, batch_size):
        for text, rate in zip(texts, self.predict(texts, batch_size=batch_size), strict=True):
            yield {"text": text, "rate": float(rate)}

    def mistake(self, record, gold):
        error = record["rate"] - gold
        return {"gold": gold, "rate": record["rate"], "error": error} if abs(error) > 0.5 else None

    @property
    def graph_outputs(self):
        return {"rate": Output("expected count", ("texts", "rate"))}

    def get_config(self):
        return super().get_config() | {"pooling": self.pooling}


# === The commands ===


@pytest.fixture
def counts(tmp_path, tiny):
    """Texts with the number of times that they say "good"."""
    (tmp_path / "tiny").symlink_to(tiny)
    lines = [f"a {'good ' * (i % 4)}film,{i % 4}" for i in range(16)]
    path = tmp_path / "counts.csv"
    path.write_text("text,label\n" + "\n".join(lines) + "\n")
    return path


def test_a_task_of_ones_own_goes_through_all_commands(run, counts, tmp_path):
    assert class_for(COUNT) is ElmoCounter
    data = (counts, "--task", COUNT, "--label", "label")
    run("train", *data, *SMALL, "--pooling", "mean", "-o", "model")
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert metrics["examples"] == 2
    with (tmp_path / "model" / "history.csv").open() as file:
        history = list(csv.DictReader(file))
    best = history[metrics["best_epoch"] - 1]
    assert metrics["mae"] == pytest.approx(float(best["val_mae"]), rel=1e-5)
    assert (tmp_path / "model" / "learning_curves.png").is_file()
    assert "ElmoCounter" in run("info", "model").output
    # Measures and mistakes, from predictions.
    assert "mae" in run("evaluate", "model", counts).output
    evaluation = json.loads((tmp_path / "model" / "evaluation.json").read_text())
    run("predict", "model", "counts.csv", "--text", "text", "-o", "rates.jsonl")
    records = [json.loads(line) for line in (tmp_path / "rates.jsonl").read_text().splitlines()]
    errors = [record["rate"] - i % 4 for i, record in enumerate(records)]
    assert evaluation["mae"] == pytest.approx(np.mean(np.abs(errors)), rel=1e-5)
    wrong = [json.loads(x) for x in (tmp_path / "model" / "errors.jsonl").read_text().splitlines()]
    worst = sorted((e for e in errors if abs(e) > 0.5), key=abs, reverse=True)
    assert [error["error"] for error in wrong] == pytest.approx(worst, rel=1e-4)
    assert "rate: " in run("predict", "model", counts, "--text", "text", "--pretty").output
    run("predict", "model", counts, "--to", "conll", code=1)
    # Saved and loaded, and trained on; `task` is told by the model.
    loaded = load_task(tmp_path / "model")
    assert type(loaded) is ElmoCounter
    assert loaded.pooling == "mean"
    assert loaded.kind == COUNT
    rates = [record["rate"] for record in records]
    np.testing.assert_allclose(loaded.predict([r["text"] for r in records]), rates, rtol=1e-5)
    run("train", counts, "--start-from", "model", "--epochs", 1, "--quiet", "-o", "further")


def test_a_task_of_ones_own_is_searched(run, counts, tmp_path):
    (tmp_path / "space.py").write_text(
        "from keras_elmo.search.space import Choice\nSPACE = {'lstm_units': Choice(2, 3)}\n"
    )
    options = ("--task", COUNT, "--preset", "tiny", "--epochs", 1, "--quiet")
    run("tune", counts, *options, "--space", "space.py", "--trials", 1, "--jobs", 1, "-o", "search")
    assert load_task(tmp_path / "search" / "best").kind == COUNT


def test_unknown_kinds_are_refused_with_all_that_there_are(run, counts):
    result = run("train", counts, "--task", "counts", "-o", "model", code=1)
    told = " ".join(result.output.split())
    assert f"a task is one of {', '.join(KINDS)}. Received: 'counts'" in told
    said = training_options()["task"].about.help
    assert all(kind in said for _, kinds in OURS.values() for kind in kinds)


def test_what_is_listed_of_our_tasks_is_what_they_say_themselves():
    for name, (_, kinds) in OURS.items():
        found = task_class(name)
        assert found.__name__ == name
        assert found.kinds == kinds
    assert {kind for _, kinds in OURS.values() for kind in kinds} <= KINDS.keys()
    assert kind_of("ElmoTextClassifier", {"multi_label": True}) == "multi-label"
    assert kind_of("ElmoTextClassifier", {"multi_label": False}) == "classification"


def test_a_kind_must_be_known_and_have_a_name_of_its_own():
    with pytest.raises(ValueError, match="a name of its own"):
        add_kind(DataKind("pair", "other pairs"))
    with pytest.raises(ValueError, match=r"a task is one of classification, .* Received: 'new'"):
        register(type("ElmoNew", (), {"kinds": ("new",)}))
