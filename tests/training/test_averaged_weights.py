"""Averaged weights: the mean of what a training without them had, measured and kept."""

import keras
import numpy as np
import pytest
from support import small_backbone

from keras_elmo import ElmoTextClassifier
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.fine_tuning.unfreezing import Stage
from keras_elmo.fine_tuning.variables import copy_value
from keras_elmo.training.averaged_weights import AveragedWeights
from keras_elmo.training.checkpoint import TrainingCheckpoint
from keras_elmo.workflows.training import train_task

EPOCHS, COUNT = 5, 3
STAGES = Recipe([Stage(["mix", "head"], 2), Stage(["bilm_2", "mix", "head"])])


class Ends(keras.callbacks.Callback):
    """Notes the weights at the end of each epoch."""

    def __init__(self):
        super().__init__()
        self.found = []

    def on_epoch_end(self, epoch, logs=None):
        self.found.append({v.path: copy_value(v) for v in self.model.trainable_variables})


class Break(keras.callbacks.Callback):
    """A power cut, in an epoch or at its begin."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.place, self.epoch = (epoch, batch), 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == self.place:
            raise RuntimeError


@pytest.fixture
def train(preprocessor, reviews):
    """Return a function that trains a fresh task and returns it with the record."""

    def run(develop=True, **options):
        keras.utils.set_random_seed(3)
        keras.utils.clear_session()
        task = ElmoTextClassifier(
            small_backbone()[0],
            labels=["negative", "positive"],
            preprocessor=preprocessor,
            lstm_units=4,
        )
        dev = (reviews[0][:10], reviews[1][:10]) if develop else None
        options = {"recipe": Recipe(learning_rate=0.01), "patience": EPOCHS} | options
        options = {"epochs": EPOCHS, "batch_size": 8, "seed": 1} | options
        return task, train_task(task, *reviews, dev, **options)

    return run


def means(ends):
    """Of each epoch, the mean of its last `COUNT` ends by path."""
    parts = [ends[max(0, i - COUNT + 1) : i + 1] for i in range(len(ends))]
    return [
        {path: np.mean([end[path] for end in part if path in end], axis=0) for path in part[-1]}
        for part in parts
    ]


@pytest.mark.portable
@pytest.mark.parametrize("recipe", [Recipe(learning_rate=0.01), STAGES], ids=["frozen", "stages"])
def test_the_mean_is_measured_and_kept(train, reviews, recipe):
    ends = Ends()
    train(recipe=recipe, callbacks=[ends])
    task, result = train(recipe=recipe, average=COUNT)
    assert len(result.history) == EPOCHS
    wanted = means(ends.found)[result.best_epoch - 1]
    for variable in task.weights:
        # A second stage begins elsewhere than without averaging, see the next test.
        if variable.path in wanted and recipe is not STAGES:
            np.testing.assert_allclose(copy_value(variable), wanted[variable.path], atol=2e-6)
    loss = task.evaluate(reviews[0][:10], reviews[1][:10], verbose=0, return_dict=True)["loss"]
    best = result.history[result.best_epoch - 1]
    assert loss == pytest.approx(best["val_loss"], abs=1e-3)  # stored features are float16


class Begins(Ends):
    """Notes the weights at the beginning of each epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        self.found.append({v.path: copy_value(v) for v in self.model.variables})

    def on_epoch_end(self, epoch, logs=None):
        pass


@pytest.mark.parametrize(("first", "patience"), [(3, EPOCHS), (EPOCHS - 1, 1)])
def test_the_next_stage_goes_on_from_the_best_mean(train, first, patience):
    how = {"average": COUNT, "patience": patience}
    how["recipe"] = Recipe([Stage(["mix", "head"], first), STAGES.unfreezing[1]], 0.3)
    begins = Begins()
    _, result = train(callbacks=[begins], **how)
    second = result.trained["bilm_2"] - 1  # its first epoch, from 0
    assert second == first if patience == EPOCHS else second < first
    # What was best in the first stage, from a training that ends with it.
    how["recipe"] = Recipe(learning_rate=0.3)
    task, alone = train(**how, epochs=second)
    losses = [(row["val_accuracy"], -row["val_loss"]) for row in result.history[:second]]
    assert alone.best_epoch == 1 + losses.index(max(losses)) < second
    for variable in task.trainable_variables:
        np.testing.assert_allclose(
            begins.found[second][variable.path], copy_value(variable), atol=2e-6
        )


def test_without_a_development_set_it_is_that_of_the_last_epochs(train):
    ends = Ends()
    train(develop=False, callbacks=[ends])
    task, result = train(develop=False, average=COUNT)
    assert result.best_epoch is None
    wanted = means(ends.found)[-1]
    for variable in task.trainable_variables:
        np.testing.assert_allclose(copy_value(variable), wanted[variable.path], atol=2e-6)


def test_one_epoch_is_a_training_without_it(train):
    found = []
    for callbacks in ([], [AveragedWeights(1)]):
        task, _ = train(callbacks=callbacks, epochs=2)
        found.append([copy_value(v) for v in task.variables])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("place", [(2, 1), (3, 0)], ids=["in an epoch", "between two"])
def test_it_goes_on_exactly(train, tmp_path, place):
    whole, record = train(average=COUNT, recipe=STAGES)
    path = tmp_path / "begun"
    options = {"average": COUNT, "recipe": STAGES}
    with pytest.raises(RuntimeError):
        train(checkpoint=TrainingCheckpoint(path, minutes=0), callbacks=[Break(*place)], **options)
    task, result = train(checkpoint=TrainingCheckpoint(path, minutes=0), **options)
    assert result.best_epoch == record.best_epoch
    for one, other in zip(whole.weights, task.weights, strict=True):
        np.testing.assert_array_equal(copy_value(one), copy_value(other))
