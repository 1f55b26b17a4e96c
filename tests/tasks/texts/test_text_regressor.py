"""The regressor: learning on any scale, what is standardised, padding, saving, bad targets."""

import keras
import numpy as np
import pytest

from keras_elmo import ElmoTextRegressor
from keras_elmo.metrics import regression_report
from keras_elmo.tasks.loading import load_task
from keras_elmo.workflows.training import train_task


def regressor(backbone, preprocessor, **arguments):
    settings = {
        "lstm_units": 6,
        "mix": "mean",
        "elmo_dropout": 0.0,
        "recurrent_dropout": 0.0,
        "dropout": 0.0,
    }
    keras.utils.set_random_seed(1)
    return ElmoTextRegressor(backbone, preprocessor=preprocessor, **{**settings, **arguments})


@pytest.fixture
def ratings(reviews):
    """Sentences, and how many of their words are "good", less those that are "bad"."""
    x = reviews[0]
    return x, [float(text.split().count("good") - text.split().count("bad")) for text in x]


@pytest.mark.compiled
@pytest.mark.portable
def test_it_learns_alike_on_any_scale(backbone, preprocessor, ratings):
    # The targets differ by an affine map: so must the predictions, to the rounding of float32.
    x, y = ratings
    found, losses = [], []
    for scale, shift in ((1.0, 0.0), (2.0**20, 2.0**30)):
        model = regressor(backbone, preprocessor, pooling="mean", word_embedding_dim=4)
        model.compile(learning_rate=2e-2)
        targets = scale * np.array(y) + shift
        history = model.fit(x, targets, epochs=12, batch_size=8, verbose=0).history
        found.append((model.predict(x) - shift) / scale)
        losses.append(history["loss"])
        assert history["rmse"][-1] / scale < 0.7 * np.std(y)
        np.testing.assert_allclose(
            history["rmse"][-1] ** 2, history["loss"][-1] * np.var(targets), rtol=1e-3
        )
    np.testing.assert_allclose(found[0], found[1], atol=1e-3)
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)


@pytest.mark.compiled
@pytest.mark.portable_slow
def test_measures_are_on_the_scale_of_the_targets(backbone, preprocessor, ratings):
    x, y = ratings[0], 1000.0 * np.array(ratings[1]) + 7.0
    model = regressor(backbone, preprocessor)
    assert "mae" in model.evaluate(x, y, return_dict=True, verbose=0)  # traced with no scale yet
    history = model.fit(x, y, validation_data=(x, y), epochs=2, verbose=0).history
    expected = regression_report(y, model.predict(x))
    for name in ("mae", "rmse"):
        assert history[f"val_{name}"][-1] == pytest.approx(expected[name], rel=1e-3)
        found = model.evaluate(x, y, return_dict=True, verbose=0)[name]
        assert found == pytest.approx(expected[name], rel=1e-3)
    assert model.report(x, y) == {"examples": len(x), **expected}
    records = list(model.records(x))
    assert [record["value"] for record in records] == pytest.approx(model.predict(x).tolist())
    errors = model.mistakes(x, y)
    sizes = [abs(error["error"]) for error in errors]
    assert sizes == sorted(sizes, reverse=True)
    assert np.mean(sizes) == pytest.approx(expected["mae"])


def test_mean_and_scale_are_those_of_what_is_trained_on_and_stay(backbone, preprocessor, ratings):
    x, y = ratings
    model = regressor(backbone, preprocessor)
    split = {"validation_split": 0.25, "seed": 3}
    held_out = np.sort(np.random.default_rng(3).permutation(len(x))[: len(x) // 4])
    rest = np.delete(np.array(y), held_out)
    model.fit(x, y, verbose=0, **split)
    assert (model.target_mean, model.target_scale) == (rest.mean(), rest.std())
    model.fit(x, 100 * np.array(y), verbose=0)  # goes on: the network's numbers mean what they did
    assert (model.target_mean, model.target_scale) == (rest.mean(), rest.std())


@pytest.mark.portable
def test_a_sentence_alone_and_in_a_batch(backbone, preprocessor, ratings):
    model = regressor(backbone, preprocessor, target_mean=3.0, target_scale=20.0)
    together = model.predict(ratings[0][:6])
    assert together.shape == (6,)
    alone = [model.predict([text])[0] for text in ratings[0][:6]]
    np.testing.assert_allclose(together, alone, rtol=1e-6)


def test_the_best_epoch_has_the_lowest_loss(backbone, preprocessor, ratings):
    model = regressor(backbone, preprocessor)
    result = train_task(model, *ratings, ratings, epochs=3)
    losses = [row["val_loss"] for row in result.history]
    assert result.best_epoch == 1 + int(np.argmin(losses))


@pytest.mark.portable_slow
def test_saved_models_predict_the_same(backbone, preprocessor, ratings, tmp_path):
    model = regressor(backbone, preprocessor)
    model.fit(*ratings, verbose=0)
    expected = model.predict(ratings[0])
    model.save_to_preset(tmp_path / "preset")
    loaded = load_task(tmp_path / "preset")
    assert isinstance(loaded, ElmoTextRegressor)
    assert loaded.get_config() == model.get_config()
    np.testing.assert_allclose(loaded.predict(ratings[0]), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1.0, "2"], "finite numbers. Received: '2' as target 1"),
        ([1.0, float("nan")], "Received: nan as target 1"),
        ([float("inf"), 1.0], "Received: inf as target 0"),
        ([True, 1.0], "Received: True as target 0"),
        ([0.1, 0.1], "Received: 0.1 for all 2 sentences"),
        ([1.0], "2 sentences, 1 labels"),
    ],
)
def test_bad_targets_are_named(backbone, preprocessor, y, message):
    with pytest.raises(ValueError, match=message):
        regressor(backbone, preprocessor).fit(["a", "b"], y)


def test_bad_arguments_are_named(backbone, preprocessor):
    with pytest.raises(ValueError, match="no classes"):
        regressor(backbone, preprocessor, labels=["a", "b"])
    with pytest.raises(ValueError, match="no classes to weigh"):
        regressor(backbone, preprocessor).fit(["a", "b"], [1, 2], class_weight="balanced")
