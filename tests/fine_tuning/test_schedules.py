"""Schedules against their formulas, step by step."""

import keras
import numpy as np
import pytest
from support import to_numpy

from keras_elmo.fine_tuning.schedules import SlantedTriangular, make_schedule


@pytest.mark.portable
@pytest.mark.parametrize("steps", [1, 2, 9, 100])
def test_slanted_triangular(steps):
    schedule = SlantedTriangular(0.01, steps, cut_frac=0.1, ratio=32)
    cut = int(steps * 0.1)
    for t in range(steps + 1):
        p = t / cut if t < cut else 1 - (t - cut) / (steps - cut)
        expected = 0.01 * (1 + p * 31) / 32
        np.testing.assert_allclose(to_numpy(schedule(t)), expected, rtol=1e-5)
    np.testing.assert_allclose(to_numpy(schedule(5 * steps)), 0.01 / 32, rtol=1e-5)
    again = SlantedTriangular.from_config(schedule.get_config())
    np.testing.assert_array_equal(to_numpy(again(1)), to_numpy(schedule(1)))


def test_warmup_cosine():
    schedule = make_schedule("warmup_cosine", 0.01, 100)
    rates = [float(to_numpy(schedule(t))) for t in range(101)]
    np.testing.assert_allclose(rates[:11], np.linspace(0, 0.01, 11), atol=1e-8)
    expected = 0.005 * (1 + np.cos(np.pi * np.arange(91) / 90))
    np.testing.assert_allclose(rates[10:], expected, atol=1e-8)


def test_range_test():
    schedule = make_schedule("range_test", 10.0, 41)
    rates = [float(to_numpy(schedule(t))) for t in range(42)]
    np.testing.assert_allclose(rates, [*np.geomspace(1e-3, 10.0, 41), 10.0], rtol=1e-4)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert float(to_numpy(again(7))) == rates[7]


def test_a_schedule_goes_on_where_its_optimizer_was_saved():
    optimizer = keras.optimizers.SGD(SlantedTriangular(1.0, 10))
    variable = keras.Variable(0.0)
    optimizer.build([variable])
    optimizer.iterations.assign(4)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    again.build([variable])
    again.set_weights([to_numpy(v.value) for v in optimizer.variables])
    assert float(to_numpy(again.learning_rate)) == float(to_numpy(SlantedTriangular(1.0, 10)(4)))


@pytest.mark.parametrize("options", [{"steps": 0}, {"cut_frac": 1.0}, {"ratio": 0.5}])
def test_what_is_refused(options):
    with pytest.raises(ValueError, match="`steps` must be at least 1"):
        SlantedTriangular(0.01, **{"steps": 10} | options)
