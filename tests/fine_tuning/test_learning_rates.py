"""Two learning rates: each variable moves as its own optimizer alone would move it."""

import keras
import numpy as np
import pytest
from support import small_backbone

from keras_elmo import ElmoPreprocessor, ElmoTextClassifier, two_rate_optimizer


def trained(optimizer, trainable_elmo=True):
    keras.utils.set_random_seed(1)
    model = ElmoTextClassifier(
        small_backbone()[0],
        labels=["n", "p"],
        preprocessor=ElmoPreprocessor("whitespace", max_characters_per_token=8),
        trainable_elmo=trainable_elmo,
        lstm_units=4,
        elmo_dropout=0.0,
        dropout=0.0,
    )
    model.compile(optimizer=optimizer)
    before = {v.path: v.numpy() for v in model.weights}
    model.fit(["a b", "c d e"], ["n", "p"], verbose=0)  # one step
    return model, {v.path: np.abs(v.numpy() - before[v.path]).max() for v in model.weights}


def is_elmo(path):
    return path.startswith(("char_cnn/", "bilm/"))


@pytest.mark.portable
def test_elmo_moves_at_its_own_rate():
    # The first step of Adam has the size of the learning rate wherever there is a gradient.
    _, moved = trained(two_rate_optimizer(1e-2, 1e-4))
    elmo = [step for path, step in moved.items() if is_elmo(path) and step > 0]
    head = [step for path, step in moved.items() if path.startswith(("bilstm", "classes"))]
    assert len(elmo) > 10
    np.testing.assert_allclose(max(elmo), 1e-4, rtol=0.05)
    np.testing.assert_allclose(max(head), 1e-2, rtol=0.05)


def test_a_frozen_elmo_does_not_move():
    _, moved = trained("adam", trainable_elmo=False)
    assert all(step == 0 for path, step in moved.items() if is_elmo(path))


def test_the_parameter_table_counts_every_parameter_once_with_its_rate():
    model, _ = trained(two_rate_optimizer(1e-2, 1e-4))
    table = model.parameter_table()
    assert sum(row.parameters for row in table) == model.count_params()
    rates = {row.name: row.learning_rate for row in table}
    assert list(rates) == [
        "ELMo word layer",
        "ELMo biLM layer 1",
        "ELMo biLM layer 2",
        "mix",
        "head",
    ]
    np.testing.assert_allclose(list(rates.values()), [1e-4] * 3 + [1e-2] * 2)
    model.compile()
    model.backbone.trainable = False
    frozen = model.parameter_table()[0]
    assert (frozen.trainable, frozen.learning_rate) == (False, 0.0)
