"""Tasks as Keras models: frozen parts, copies, XLA and strategies; see docs/keras.md."""

import os
import subprocess
import sys
import textwrap
import warnings

import keras
import numpy as np
import pytest
from every_task import CASES, NAMES, TEXTS, first_batch, make_task
from support import small_backbone, to_numpy

from keras_elmo.tasks.loading import load_task

on_tensorflow = pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="about TensorFlow alone"
)


def trains(task):
    trained = {id(variable) for variable in task.trainable_variables}
    return [id(variable) in trained for variable in task.weights]


def partly_frozen(name):
    task = make_task(name, trainable_elmo=True)
    task.backbone.word_layer.trainable = False
    mix = next(layer for layer in task.layers if layer.name.startswith("elmo_mix"))
    mix.trainable = False
    task.compile(learning_rate=1e-2, run_eagerly=True, jit_compile=False)
    return task


@pytest.mark.parametrize("name", CASES)
def test_a_partly_frozen_task_stays_so(name):
    task = partly_frozen(name)
    copy = type(task).from_config(task.get_config())
    assert trains(copy) == trains(task)
    assert 0 < sum(trains(task)) < len(trains(task))
    assert copy.get_config() == task.get_config()
    task.trainable = False
    copy = type(task).from_config(task.get_config())
    assert not copy.trainable
    assert not copy.trainable_variables


@pytest.mark.portable
def test_what_trains_and_the_optimizer_are_saved(tmp_path):
    task = partly_frozen("classes")
    batch = first_batch(task, "classes")
    task.train_on_batch(*batch)
    task.save(tmp_path / "task.keras")
    task.save_to_preset(tmp_path / "task")
    with warnings.catch_warnings():  # of Keras, that it leaves out the state of the optimizer
        warnings.filterwarnings("error", message="Skipping variable loading")
        loaded = keras.saving.load_model(tmp_path / "task.keras")
    assert trains(loaded) == trains(task) == trains(load_task(tmp_path / "task"))
    for one, other in zip(task.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(to_numpy(one.value), to_numpy(other.value))
    for each in (task, loaded):
        each.train_on_batch(*batch)
    for one, other in zip(task.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_is_a_task_of_its_own(name):
    task = partly_frozen(name)
    with pytest.raises(NotImplementedError, match=rf"`{type(task).__name__}\.from_config\("):
        keras.models.clone_model(task)
    clone = type(task).from_config(task.get_config())
    clone.compile(run_eagerly=True, jit_compile=False)
    assert clone.labels == task.labels
    assert clone.preprocessor is not task.preprocessor
    assert clone.preprocessor.get_config() == task.preprocessor.get_config()
    assert trains(clone) == trains(task)
    assert not {id(variable) for variable in clone.weights} & {id(v) for v in task.weights}
    before = task.get_weights()
    clone.set_weights(before)
    inputs, targets, weights = first_batch(task, name)
    for a, b in zip(*(keras.tree.flatten(to_numpy(m(inputs))) for m in (task, clone)), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    clone.train_on_batch(inputs, targets, weights)
    for one, other in zip(task.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    assert any((a != b).any() for a, b in zip(clone.get_weights(), before, strict=True))


@on_tensorflow
def test_layers_say_whether_xla_compiles_them():
    from keras.src.trainers.trainer import model_supports_jit

    from keras_elmo import ElmoEmbedding

    sentences = keras.Input((), dtype="string")
    outputs = ElmoEmbedding(small_backbone()[0])(sentences)
    assert not model_supports_jit(keras.Model(sentences, outputs))
    supports = {name: model_supports_jit(make_task(name)) for name in CASES}
    assert {name for name in CASES if not supports[name]} == {"words", "copies"}  # the decoder
    with pytest.warns(UserWarning, match="doesn't support `jit_compile=True`"):
        make_task("words").compile(jit_compile=True)


@on_tensorflow
@pytest.mark.slow
@pytest.mark.parametrize("name", ["classes", "CRF", "pair", "answers"])
def test_tasks_train_alike_under_xla(name):
    losses = []
    for jit_compile in (False, True):
        task = make_task(name, trainable_elmo=True)
        task.compile(learning_rate=1e-2, jit_compile=jit_compile, run_eagerly=not jit_compile)
        assert task.jit_compile == jit_compile
        batch = first_batch(task, name)
        losses.append([task.train_on_batch(*batch, return_dict=True)["loss"] for _ in range(2)])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)
    assert losses[0][0] != losses[0][1]


@on_tensorflow
@pytest.mark.parametrize("name", ["classes", "pair", "answers"])
def test_a_strategy_is_refused_by_name(name):
    import tensorflow as tf

    refused = pytest.raises(NotImplementedError, match=rf"`{CASES[name].kind}`.*OneDeviceStrategy")
    with tf.distribute.OneDeviceStrategy("CPU:0").scope(), refused:
        make_task(name)
    assert make_task("classes").predict(TEXTS).shape == (4, 2)


MIRRORED = """
    import keras, numpy as np, tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    from every_task import make_task
    from support import small_backbone
    from keras_elmo import ElmoEmbedding
    from keras_elmo.text import CharacterEncoder

    x = CharacterEncoder(8).encode([["a", "b"], ["profit"], ["c", "d", "e"], ["rose", "f"]])
    y = np.arange(4.0)[:, None]

    def build():
        ids = keras.Input((None, 8), dtype="int32")
        words = ElmoEmbedding(small_backbone()[0], trainable=True)(ids)
        model = keras.Model(ids, keras.layers.Dense(1)(keras.layers.LSTM(3)(words)))
        model.compile(keras.optimizers.Adam(0.01), "mse")
        return model

    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    plain = build()
    with strategy.scope():
        model = build()
        try:
            make_task("classes")
        except NotImplementedError as error:
            assert "MirroredStrategy with 2 replicas" in str(error), error
        else:
            raise AssertionError("a task was built")
    model.set_weights(plain.get_weights())
    for measure in (
        lambda model: model.predict(x, verbose=0),
        lambda model: model.evaluate(x, y, batch_size=4, verbose=0),
        lambda model: model.fit(x, y, 4, epochs=3, shuffle=False, verbose=0).history["loss"],
        lambda model: model.predict(x, verbose=0),
    ):
        np.testing.assert_allclose(measure(model), measure(plain), rtol=1e-4, atol=1e-5)
"""


@on_tensorflow
@pytest.mark.slow
def test_a_model_with_elmo_trains_on_two_replicas_as_on_one():
    paths = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": paths}
    program = [sys.executable, "-c", textwrap.dedent(MIRRORED)]
    done = subprocess.run(program, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
