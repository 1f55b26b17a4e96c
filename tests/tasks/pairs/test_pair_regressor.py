"""The regressor of pairs: it learns what neither text tells alone; saving; what it predicts."""

import keras
import numpy as np
import pytest

from keras_elmo import ElmoPairRegressor
from keras_elmo.metrics import regression_report
from keras_elmo.tasks.loading import load_task
from keras_elmo.tasks.task_labels import TaskLabels


@pytest.fixture
def differences():
    """Two texts each, and how many words the first has more than the second."""
    random = np.random.default_rng(0)
    lengths = random.integers(1, 9, (48, 2))
    x = [tuple(" ".join(["film"] * length) for length in pair) for pair in lengths]
    return x, (lengths[:, 0] - lengths[:, 1]).astype(float)


def regressor(backbone, preprocessor, **arguments):
    settings = {"lstm_units": 6, "hidden_units": 8, "mix": "mean"}
    settings |= {"elmo_dropout": 0.0, "recurrent_dropout": 0.0, "dropout": 0.0}
    keras.utils.set_random_seed(1)
    return ElmoPairRegressor(backbone, preprocessor=preprocessor, **{**settings, **arguments})


@pytest.mark.compiled
@pytest.mark.parametrize(
    "cross_attention",
    [
        pytest.param(False, marks=pytest.mark.portable, id="pooled"),
        pytest.param(True, marks=[pytest.mark.portable_slow, pytest.mark.slow], id="cross"),
    ],
)
def test_it_learns_what_neither_text_tells_alone(
    backbone, preprocessor, differences, cross_attention
):
    x, y = differences
    model = regressor(backbone, preprocessor, cross_attention=cross_attention, pooling="last")
    model.compile(learning_rate=2e-2)
    history = model.fit(x, y, epochs=25, batch_size=8, verbose=0).history
    # The best that one of the two texts allows leaves half of the variance.
    assert history["rmse"][-1] < 0.5 * y.std()
    assert TaskLabels.of(type(model).__name__, model.get_config()).kind == "pair-regression"


@pytest.mark.portable_slow
def test_predictions_saved_and_reported(backbone, preprocessor, differences, tmp_path):
    x, y = differences
    model = regressor(backbone, preprocessor)
    model.fit(x, y, verbose=0)
    expected = model.predict(x)
    alone = [model.predict([pair])[0] for pair in x[:5]]
    np.testing.assert_allclose(expected[:5], alone, rtol=1e-4, atol=1e-5)
    model.save_to_preset(tmp_path / "preset")
    loaded = load_task(tmp_path / "preset")
    assert isinstance(loaded, ElmoPairRegressor)
    np.testing.assert_allclose(loaded.predict(x), expected, rtol=1e-6)
    assert model.report(x, y) == {"examples": 48, **regression_report(y, expected)}
    record = next(model.records(x))
    assert record == {"text_a": x[0][0], "text_b": x[0][1], "value": pytest.approx(expected[0])}
    worst = model.mistakes(x, y)[0]
    assert abs(worst["error"]) == pytest.approx(np.abs(expected - y).max())
    assert (worst["text_a"], worst["text_b"]) == x[worst["number"]]
