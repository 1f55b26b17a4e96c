"""What Keras is given holds the batches, and nothing that makes it wait."""

import keras
import numpy as np
import pytest

from keras_elmo import ElmoTextClassifier
from keras_elmo.tasks.keras_data import keras_data

TENSORFLOW = keras.config.backend() == "tensorflow"


@pytest.fixture
def task(backbone, preprocessor):
    keras.utils.set_random_seed(3)
    labels = ["negative", "positive"]
    return ElmoTextClassifier(backbone, labels=labels, preprocessor=preprocessor, lstm_units=4)


@pytest.fixture
def batches(task, reviews):
    return task.batches(*reviews, batch_size=7)


def flat(batch):
    return [np.asarray(array) for array in keras.tree.flatten(batch)]


@pytest.mark.portable
def test_the_batches_are_the_same_in_the_same_order(batches):
    data = keras_data(batches)
    assert len(data) == len(batches) == 4
    for number, batch in zip(range(4), data, strict=True):
        for found, expected in zip(flat(batch), flat(batches[number]), strict=True):
            np.testing.assert_array_equal(found, expected)
            assert found.dtype == expected.dtype


@pytest.mark.skipif(not TENSORFLOW, reason="tf.data is TensorFlow's")
def test_nothing_tunes_itself_and_only_what_is_common_is_fixed(batches):
    data = keras_data(batches)
    assert data.options().autotune.enabled is False
    spec, *_ = data.element_spec
    assert spec["character_ids"].shape.as_list() == [None, None, 8]
    assert spec["padding_mask"].shape.as_list() == [None, None]


def test_what_is_no_batches_of_a_task_stays_as_it_is(batches):
    once = keras_data(batches)
    assert keras_data(once) is once
    assert keras_data(None) is None
    foreign = keras.utils.PyDataset()  # may be endless, or want to know when an epoch ends
    assert keras_data(foreign) is foreign


def test_every_epoch_reads_the_batches_as_they_are_then(batches):
    data = keras_data(batches)
    first = [flat(batch)[0] for batch in data]
    batches.rows = batches.rows[::-1]
    again = [flat(batch)[0] for batch in data]
    np.testing.assert_array_equal(again[-1], first[0])


@pytest.mark.skipif(not TENSORFLOW, reason="tf.data is TensorFlow's")
def test_a_task_takes_a_tf_data_set_as_keras_does(task, batches, reviews):
    data = keras_data(batches)
    task.fit(data, validation_data=data, epochs=1, shuffle=False, verbose=0)
    loss = task.evaluate(data, verbose=0)
    np.testing.assert_allclose(loss, task.evaluate(*reviews, batch_size=7, verbose=0), rtol=1e-6)
