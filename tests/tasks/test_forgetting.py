"""Forgetting is measured as it is, and bounds hold."""

import keras
import numpy as np
import pytest

from keras_elmo import ElmoBackbone, ElmoPreprocessor, ElmoTextClassifier, ElmoWordPredictor
from keras_elmo.elmo.variables import arrays_by_path
from keras_elmo.fine_tuning.forgetting import PROBE, ForgettingMonitor
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.metrics.drift import linear_cka, mean_cosine

PRESET = "elmo_mini_en"
FEW = [line.split(" ") for line in PROBE.read_text().splitlines()[:4]]
FAST = Recipe(unfreezing="all", elmo_learning_rate=3e-3, elmo_rate_decay=1.0)


@pytest.fixture
def task():
    keras.utils.set_random_seed(1)
    return ElmoTextClassifier.from_preset(PRESET, labels=["negative", "positive"], lstm_units=4)


def train(task, reviews, monitor, epochs=2, recipe=FAST):
    texts, labels = reviews
    return task.fit(
        texts, labels, epochs=epochs, recipe=recipe, callbacks=[monitor], verbose=0
    ).history


@pytest.mark.portable_slow
def test_what_is_measured(task, reviews):
    sentences = [line.split(" ") for line in PROBE.read_text().splitlines()[:12]]
    monitor = ForgettingMonitor(task.backbone, task.preprocessor, PRESET, probe=sentences)
    history = train(task, reviews, monitor)
    assert {name: round(value, 6) for name, value in monitor.before.items() if "_" in name} == {
        f"{kind}_{layer}": 1.0 for kind in ("cka", "cosine") for layer in range(3)
    }
    scores = ElmoWordPredictor.from_preset(PRESET).score(sentences)
    logs = np.concatenate([np.concatenate([s.forward, s.backward]) for s in scores])
    np.testing.assert_allclose(monitor.before["perplexity"], np.exp(-logs.mean()), rtol=1e-4)
    batch = ElmoPreprocessor.from_preset(PRESET).encode(sentences)
    before, after = (
        np.asarray(elmo.predict_on_batch(batch))[batch["padding_mask"]]
        for elmo in (ElmoBackbone.from_preset(PRESET), task.backbone)
    )
    for layer in range(3):
        x, y = before[:, layer], after[:, layer]
        np.testing.assert_allclose(history[f"cka_{layer}"][-1], linear_cka(x, y), rtol=1e-4)
        np.testing.assert_allclose(history[f"cosine_{layer}"][-1], mean_cosine(x, y), rtol=1e-4)
    assert history["cka_2"][-1] < 1.0
    assert history["perplexity"][-1] > monitor.before["perplexity"]


@pytest.mark.portable
@pytest.mark.filterwarnings("error:The structure of .inputs.")
def test_what_is_for_the_head_is_not_given_to_elmo(task):
    words = ElmoPreprocessor.from_preset(
        PRESET, word_vocabulary=["<S>", "</S>", "<UNK>", "the"], word_shapes=True
    )
    with_words, without = (
        ForgettingMonitor(task.backbone, preprocessor, PRESET, probe=FEW)
        for preprocessor in (words, task.preprocessor)
    )
    assert with_words.before == without.before


def test_it_stops_where_a_bound_is_passed(task, reviews):
    monitor = ForgettingMonitor(
        task.backbone, task.preprocessor, PRESET, probe=FEW, max_perplexity_increase=0.01
    )
    assert len(train(task, reviews, monitor, epochs=5)["loss"]) == 1


@pytest.mark.parametrize(
    "bound",
    [
        {"max_perplexity_increase": 0.02},
        pytest.param({"min_cka": 0.999}, marks=pytest.mark.portable_slow),
    ],
)
def test_it_pulls_back_until_the_bound_holds(task, reviews, bound):
    start = arrays_by_path(task.backbone)
    model = PRESET if "min_cka" not in bound else None
    monitor = ForgettingMonitor(
        task.backbone, task.preprocessor, model, probe=FEW, action="pull_back", **bound
    )
    history = train(task, reviews, monitor, epochs=3)
    assert len(history["loss"]) == 3
    if model:
        assert max(history["perplexity"]) <= 1.02 * monitor.before["perplexity"]
    else:
        assert min(history["cka_2"]) >= 0.999
        assert "perplexity" not in history
    now = arrays_by_path(task.backbone)
    assert any((now[path] != start[path]).any() for path in now)


def test_a_frozen_elmo_forgets_nothing(task, reviews):
    monitor = ForgettingMonitor(task.backbone, task.preprocessor, PRESET, probe=FEW)
    history = train(task, reviews, monitor, epochs=1, recipe="frozen")
    np.testing.assert_allclose(history["cka_2"], 1.0)
    assert history["perplexity"] == [monitor.before["perplexity"]]


def test_what_is_refused(task):
    with pytest.raises(ValueError, match="needs the language model"):
        ForgettingMonitor(task.backbone, task.preprocessor, max_perplexity_increase=0.1)
    with pytest.raises(ValueError, match=r"'stop' or 'pull_back'\. Received: 'weep'"):
        ForgettingMonitor(task.backbone, task.preprocessor, action="weep")
