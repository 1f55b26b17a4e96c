"""A loss that is no number ends a training, says where, and leaves good weights."""

import keras
import numpy as np
import pytest

from keras_elmo import ElmoTextClassifier
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.workflows.training import train_task

# So far that float32 cannot hold what follows.
WILD = Recipe(unfreezing="all", rates={"head": 2e37})


@pytest.fixture
def task(backbone, preprocessor):
    keras.utils.set_random_seed(3)
    labels = ["negative", "positive"]
    how = {"lstm_units": 4, "elmo_dropout": 0.5, "recurrent_dropout": 0.0}
    return ElmoTextClassifier(backbone, labels=labels, preprocessor=preprocessor, **how)


def is_finite(task):
    return all(np.isfinite(keras.ops.convert_to_numpy(v.value)).all() for v in task.weights)


@pytest.mark.portable
def test_fit_names_batch_and_group(task, reviews):
    with pytest.raises(FloatingPointError, match=r"in epoch \d, batch \d.* of head had moved"):
        task.fit(*reviews, epochs=3, batch_size=8, recipe=WILD, verbose=0)
    assert is_finite(task)


def test_training_ends_with_good_weights(task, reviews):
    result = train_task(task, *reviews, reviews, epochs=3, batch_size=8, recipe=WILD)
    assert "Lower the learning rate of head" in result.diverged
    assert is_finite(task)


def test_the_best_epoch_is_kept(task, reviews):
    class Spoil(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                self.kept = [keras.ops.convert_to_numpy(v.value).copy() for v in best(self.model)]
                self.model.get_layer("classes").bias.assign(np.full(2, np.nan))

    def best(model):
        return [v for v in model.trainable_variables if "bias" not in v.path]

    texts, labels = reviews
    spoil = Spoil()
    result = train_task(
        task, texts, labels, (texts, labels), epochs=4, recipe=Recipe(), callbacks=[spoil]
    )
    assert "in epoch 3, batch 1" in result.diverged
    assert result.best_epoch in (1, 2)
    assert [row["epoch"] for row in result.history] == [1, 2]
    assert is_finite(task)


def test_weights_of_the_data_that_are_no_numbers(task, reviews):
    weights = np.ones(len(reviews[0]))
    weights[7] = np.nan
    with pytest.raises(ValueError, match=r"Received: nan for sentence 7"):
        task.fit(*reviews, sample_weight=weights, epochs=2, recipe=Recipe(), verbose=0)
    assert is_finite(task)
