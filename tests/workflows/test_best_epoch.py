"""The best epoch is the best by the metric that was asked for, and its measure is the true one."""

import csv
import json

import keras
import numpy as np
import pytest
from cli.conftest import multi, reviews, write
from every_task import CASES, make_task
from scipy.stats import spearmanr
from sklearn.metrics import f1_score

from keras_elmo.training.checkpoint import TrainingCheckpoint
from keras_elmo.workflows.training import train_task

__all__ = ["multi", "reviews"]
SMALL = ("--epochs", 3, "--lstm-units", 4, "--batch-size", 8)


def macro_f1(gold, found):
    return f1_score(gold, found, average="macro", labels=sorted({*gold, *found}), zero_division=0)


def macro_f1_of_tags(gold, found):
    return macro_f1([tag for tags in gold for tag in tags], [tag for tags in found for tag in tags])


def macro_f1_of_spans(gold, found):
    seqeval = pytest.importorskip("seqeval.metrics")
    return seqeval.f1_score(gold, found, average="macro", zero_division=0)


def chrf(gold, found):
    return pytest.importorskip("sacrebleu").corpus_chrf(found, [gold]).score


def share_that_is_right(gold, found):
    return np.mean([a == b for a, b in zip(gold, found, strict=True)])


def labels_of(task, case):
    return task.predict_labels(case.x)


CHECKS = [  # a case, arguments, a metric that Keras does not measure, its truth, predictions, gold
    ("classes", {}, "macro_f1", macro_f1, labels_of, ["p", "n", "p", "n"]),
    ("pair", {}, "macro_f1", macro_f1, labels_of, ["p", "n", "p", "n"]),
    (
        "tags",
        {"labels": ["X", "Y", "Z"]},
        "macro_f1",
        macro_f1_of_tags,
        labels_of,
        [["X", "Y", "Z", "X"], ["X"] * 3, ["Y"], ["X"] * 5 + ["Z"]],
    ),
    ("joint", {}, "exact_match", share_that_is_right, labels_of, CASES["joint"].y),
    (
        "number",
        {},
        "spearman",
        lambda gold, found: spearmanr(gold, found).statistic,
        lambda task, case: task.predict(case.x),
        CASES["number"].y,
    ),
    (
        "words",
        {},
        "exact_match",
        share_that_is_right,
        lambda task, case: task.predict(case.x),
        CASES["words"].y,
    ),
    ("words", {}, "chrf", chrf, lambda task, case: task.predict(case.x), CASES["words"].y),
    (
        "tags",
        {"labels": ["O", "B-P", "I-P", "B-Q", "I-Q"]},
        "macro_f1",
        macro_f1_of_spans,
        labels_of,
        [["O", "B-P", "I-P", "O"], ["B-Q", "O", "O"], ["B-P"], ["O"] * 5 + ["B-Q"]],
    ),
    ("answers", {}, "exact_match", share_that_is_right, labels_of, ["Ada", "", "", ""]),
]


@pytest.mark.parametrize(
    ("name", "arguments", "metric", "truth", "predict", "gold"),
    [
        pytest.param(*check, id=f"{check[0]}, {check[2]}", marks=[pytest.mark.portable] * (not i))
        for i, check in enumerate(CHECKS)
    ],
)
def test_the_epoch_that_is_kept_has_the_best_of_its_column(
    name, arguments, metric, truth, predict, gold
):
    case, task = CASES[name], make_task(name, **arguments)
    y = gold if name == "tags" else case.y
    task.compile(learning_rate=0.05)
    result = train_task(task, case.x, y, (case.x, y), epochs=3, batch_size=2, metric=metric)
    column = [row[f"val_{metric}"] for row in result.history]
    ranked = [(row[f"val_{metric}"], -row["val_loss"]) for row in result.history]
    assert result.best_epoch == 1 + ranked.index(max(ranked))
    assert result.metric == f"val_{metric}"
    assert truth(gold, predict(task, case)) == pytest.approx(column[result.best_epoch - 1])
    assert task.served is None


@pytest.mark.parametrize("name", ["classes", "several", "tags", "joint", "number", "answers"])
def test_what_a_task_has_is_measured(name):
    case = CASES["classes" if name == "several" else name]
    several = {"multi_label": True, "mix_at_output": False} if name == "several" else {}
    task = make_task("classes", **several) if several else make_task(name)
    y = [["p"], ["n", "p"], [], ["n"]] if several else case.y
    with pytest.raises(ValueError, match=r"must be one of .* Received: 'bleurt'") as told:
        task.selection("bleurt")
    known = str(told.value).split("one of ")[1].split(". ")[0].split(", ")
    assert task.selection().metric == known[0]
    by_keras = task.evaluate(case.x, y, verbose=0, return_dict=True)
    assert set(known) <= task.report(case.x, y).keys() | by_keras.keys()
    weighed = "macro_f1" if "macro_f1" in known else known[0]
    assert task.selection(class_weight="balanced").metric == weighed


class OnFeatures(keras.callbacks.Callback):
    """Compares predictions inside of `fit` with those of an ELMo that is run again."""

    def __init__(self, texts):
        super().__init__()
        self.texts, self.stored = texts, []

    def on_epoch_end(self, epoch, logs=None):
        served = self.model.served
        self.stored.append(served.of([text.split() for text in self.texts]) is not None)
        inside = self.model.predict(self.texts)
        self.model.served = None
        np.testing.assert_allclose(inside, self.model.predict(self.texts), atol=2e-3)
        self.model.served = served


@pytest.mark.parametrize(
    ("recipe", "stored"), [("frozen", [True] * 3), ("slight", [True, False, False])]
)
def test_predictions_in_training_take_the_features_that_it_has(recipe, stored):
    case, task = CASES["classes"], make_task("classes")
    watch = OnFeatures(case.x)
    train_task(task, case.x, case.y, (case.x, case.y), epochs=3, recipe=recipe, callbacks=[watch])
    assert watch.stored == stored


def test_a_training_goes_on_with_the_metric_that_it_began_with(tmp_path):
    case, path = CASES["classes"], tmp_path / "begun"
    data = case.x, case.y, (case.x, case.y)
    how = {"epochs": 2, "batch_size": 2}
    train_task(make_task("classes"), *data, checkpoint=TrainingCheckpoint(path, minutes=0), **how)
    for earlier in (False, True):  # a version that did not note the metric
        if earlier:
            with np.load(path) as file:
                arrays = dict(file)
            facts = json.loads(str(arrays.pop("facts")))
            del facts["best"]["metric"]
            with path.open("wb") as file:
                np.savez(file, facts=np.array(json.dumps(facts)), **arrays)
        told = "val_macro_f1 in place of val_accuracy, go on with --metric accuracy"
        with pytest.raises(ValueError, match=told):
            train_task(
                make_task("classes"),
                *data,
                metric="macro_f1",
                checkpoint=TrainingCheckpoint(path),
                **how,
            )
    train_task(make_task("classes"), *data, checkpoint=TrainingCheckpoint(path), **how)


def test_a_metric_without_anything_to_measure_it_on():
    case = CASES["classes"]
    with pytest.raises(ValueError, match="by `validation_data`"):
        train_task(make_task("classes"), case.x, case.y, metric="loss")


# === On the command line ===


def test_with_class_weights_it_is_macro_f1(run, tiny, reviews, tmp_path):
    shown = run("train", reviews, "--preset", tiny, *SMALL, "--class-weight", "balanced", "-o", "m")
    with (tmp_path / "m/history.csv").open() as file:
        ranked = [(float(x["val_macro_f1"]), -float(x["val_loss"])) for x in csv.DictReader(file)]
    metrics = json.loads((tmp_path / "m/metrics.json").read_text())
    assert metrics["metric"] == "val_macro_f1"
    assert metrics["best_epoch"] == 1 + ranked.index(max(ranked))
    assert metrics["macro_f1"] == pytest.approx(max(ranked)[0])
    told = f"epoch {metrics['best_epoch']}, the best by val_macro_f1 ({max(ranked)[0]:.4f})"
    assert shown.stderr.count(told) == 2  # above the measures, and at the end


def test_of_several_labels_it_is_micro_f1(run, tiny, multi, tmp_path):
    shown = run("train", multi, "--preset", tiny, *SMALL, "-o", "m")
    with (tmp_path / "m/history.csv").open() as file:
        ranked = [(float(x["val_micro_f1"]), -float(x["val_loss"])) for x in csv.DictReader(file)]
    metrics = json.loads((tmp_path / "m/metrics.json").read_text())
    assert metrics["metric"] == "val_micro_f1"
    assert metrics["best_epoch"] == 1 + ranked.index(max(ranked))
    assert metrics["micro_f1"] == pytest.approx(max(ranked)[0])
    assert "the best by val_micro_f1" in shown.stderr


def test_one_class_to_develop_on_is_told(run, tiny, reviews, tmp_path):
    write(tmp_path / "dev.csv", "text,label", "a good film,pos", "a joy film,pos")
    arguments = ("train", reviews, "--preset", tiny, "--epochs", 1, "--lstm-units", 2)
    shown = " ".join(run(*arguments, "--dev", "dev.csv", "-o", "m").stderr.split())
    assert "dev.csv: all 2 rows to develop on have the label 'pos' alone" in shown
    assert "Give a --dev file with all labels" in shown
