"""The F1 of spans inside a Keras model, against the counting of whole sentences."""

import keras
import numpy as np
import pytest

from keras_elmo.metrics import span_f1
from keras_elmo.tasks.tagging.tag_measures import TagF1
from keras_elmo.text.tags import SCHEMES, scheme_labels

pytestmark = pytest.mark.portable


@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_counts_as_conlleval_whatever_the_tags(scheme):
    """Sequences against the scheme, spans next to each other, padding, several batches."""
    random = np.random.default_rng(7)
    labels = scheme_labels(["B-PER", "B-LOC"], scheme)
    metric = TagF1(labels)
    gold, found = [], []
    for _ in range(4):
        lengths = random.integers(1, 9, 30)
        y = random.integers(0, len(labels), (30, 8))
        guess = np.where(random.random((30, 8)) < 0.7, y, random.integers(0, len(labels), (30, 8)))
        real = np.arange(8) < lengths[:, None]
        metric.update_state(y, np.eye(len(labels))[guess], sample_weight=0.5 * real)
        gold += [[labels[i] for i in row[:n]] for row, n in zip(y, lengths, strict=True)]
        found += [[labels[i] for i in row[:n]] for row, n in zip(guess, lengths, strict=True)]
    expected = span_f1(gold, found, strict=False)
    assert 0.2 < expected["f1"] < 0.8
    assert float(metric.result()) == pytest.approx(expected["f1"], rel=1e-6)
    assert float(metric.gold) == expected["support"]


def test_without_spans_it_is_zero():
    metric = TagF1(["O", "B-PER", "I-PER"])
    metric.update_state(np.zeros((1, 3), "int32"), np.eye(3)[[[0, 0, 0]]])
    assert float(metric.result()) == 0.0
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert again.labels == metric.labels
