"""A training ends stage by stage, and says what did not train."""

import keras
import pytest

from keras_elmo import ElmoTextClassifier
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.fine_tuning.unfreezing import Stage
from keras_elmo.workflows.training import TrainingResult, train_task


@pytest.fixture
def task(backbone, preprocessor):
    keras.utils.set_random_seed(3)
    labels = ["negative", "positive"]
    return ElmoTextClassifier(backbone, labels=labels, preprocessor=preprocessor, lstm_units=2)


class Worse(keras.callbacks.Callback):
    """Has every epoch be worse than the one before, and keeps the weights that it began with."""

    def __init__(self):
        super().__init__()
        self.begun = []

    def on_epoch_begin(self, epoch, logs=None):
        self.begun.append(self.model.get_weights())

    def on_epoch_end(self, epoch, logs=None):
        logs |= {"val_accuracy": 1.0 - 0.1 * epoch}


def test_patience_counts_within_a_stage(task, reviews):
    recipe = Recipe([Stage(["head"], 4), Stage(["bilm_2", "head"])])
    options = {"epochs": 9, "patience": 2, "callbacks": [Worse()]}
    result = train_task(task, *reviews, reviews, recipe=recipe, **options)
    assert len(result.history) == 5  # two more of the head, then two with ELMo
    assert result.best_epoch == 1
    assert result.trained == {"head": 1, "bilm_2": 4}
    assert result.untrained == ["bilm_2"]
    why = "the best epoch, 1, came before it began to train in 4"
    assert result.untrained_line() == f"ELMo was not trained: {why}"


def test_a_stage_that_runs_out_gives_the_best_weights_to_the_next(task, reviews):
    """And ELMo trains, though the head is long through."""
    worse, recipe = Worse(), Recipe([Stage(["head"], 4), Stage(["bilm_2", "head"])])
    options = {"epochs": 9, "patience": 1, "callbacks": [worse]}
    result = train_task(task, *reviews, reviews, recipe=recipe, **options)
    assert (len(result.history), result.best_epoch) == (3, 1)
    best, second = worse.begun[1], worse.begun[2]
    assert all((a == b).all() for a, b in zip(best, second, strict=True))


def test_small_data_are_trained_for_more_epochs(task):
    """One sentence is one step an epoch; patience is longer, too."""
    recipe = Recipe(learning_rate=0.0)
    x, y = ["good film"], ["positive"]
    result = train_task(task, x, y, (x, y), recipe=recipe)
    assert len(result.history) == 61
    assert len(train_task(task, x, y, recipe=recipe, steps=3).history) == 3


def test_parts_that_did_not_train_are_named():
    history = [{"epoch": 1.0}, {"epoch": 2.0}]
    trained = {"head": 1, "bilm_2": 1}
    assert TrainingResult(history, 2, trained=trained).untrained_line() == ""
    lower = TrainingResult(history, None, trained=trained, untrained=["bilm_1"])
    assert lower.untrained_line() == (
        "bilm_1 was not trained: the training ended after epoch 2, before its stage began"
    )
