"""What Keras is given holds the batches, and nothing that makes it wait."""

import keras
import numpy as np
import pytest
from every_task import CASES, make_task
from support import to_numpy

from keras_elmo import ElmoTextClassifier, ElmoTokenClassifier
from keras_elmo.batching.keras_data import keras_data
from keras_elmo.text.characters import CharacterEncoder

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
def test_nothing_tunes_itself_and_rows_and_lengths_are_free(batches):
    data = keras_data(batches)
    assert data.options().autotune.enabled is False
    spec, targets, weights = data.element_spec
    assert spec["character_ids"].shape.as_list() == [None, None, 8]
    assert spec["padding_mask"].shape.as_list() == [None, None]
    assert targets.shape.as_list() == weights.shape.as_list() == [None]


@pytest.mark.skipif(not TENSORFLOW, reason="tf.data is TensorFlow's")
def test_targets_have_free_lengths_or_fixed_classes(backbone, preprocessor):
    options = {"preprocessor": preprocessor, "lstm_units": 2}
    several = ElmoTextClassifier(backbone, labels=["a", "b", "c"], multi_label=True, **options)
    _, targets, weights = keras_data(several.batches(["x", "y z"], [["a"], []])).element_spec
    assert targets.shape.as_list() == [None, 3]
    assert weights.shape.as_list() == [None]
    tagger = ElmoTokenClassifier(backbone, labels=["a", "b"], **options)
    _, targets, weights = keras_data(tagger.batches([["x"]], [["a"]])).element_spec
    assert targets.shape.as_list() == weights.shape.as_list() == [None, None]


@pytest.mark.portable
def test_no_batch_is_padded_for_another(task):
    """Two batches of one length, then a longer one, given to Keras in every way."""
    task.compile(run_eagerly=True, jit_compile=False)
    sentences = [*["good"] * 4, *["bad film"] * 4, *["film " * 12] * 3]
    y = ["positive"] * 4 + ["negative"] * 7
    batches = task.batches(sentences, y, batch_size=4)
    assert [batches[i][0]["padding_mask"].shape[1] for i in range(3)] == [8, 8, 16]
    task.fit(batches, validation_data=batches, shuffle=False, verbose=0)
    found = task.evaluate(batches, verbose=0)
    np.testing.assert_allclose(found, task.evaluate(sentences, y, batch_size=4, verbose=0))
    expected = np.concatenate([to_numpy(task(batches[i][0])) for i in range(3)])
    np.testing.assert_allclose(task.predict(batches, verbose=0), expected, atol=1e-6)


@pytest.mark.portable
def test_batches_given_to_fit_go_on_from_epoch_to_epoch(task, reviews):
    task.compile(run_eagerly=True, jit_compile=False)
    batches = task.batches(*reviews, batch_size=24, shuffle=True)
    task.fit(batches, epochs=2, verbose=0)
    assert batches.epoch >= 2


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


@pytest.mark.parametrize("case", ["classes", "pair", "words"])
def test_no_word_is_spelt_where_features_are_stored(case, monkeypatch):
    """Not in an epoch, and not to find out what the batches look like."""
    task, spelt = make_task(case), []
    x, y = CASES[case].x, CASES[case].y
    task.fit(x, y, epochs=1, verbose=0)  # stores the features
    encode = CharacterEncoder.encode

    def noted(self, sentences, length=None):
        spelt.extend(filter(len, sentences))
        return encode(self, sentences, length)

    monkeypatch.setattr(CharacterEncoder, "encode", noted)
    task.fit(x, y, epochs=2, validation_data=(x, y), verbose=0)
    assert not spelt
    task.fit(x, y, epochs=1, cache=False, verbose=0)
    assert spelt
