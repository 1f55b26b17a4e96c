"""Tasks in half precision: near the float32 result, and the same policies after loading."""

import keras
import numpy as np
import pytest
from every_task import CASES, NAMES, TEXTS, first_batch, make_task
from support import small_backbone, to_numpy

from keras_elmo import ElmoEmbedding, ElmoTextClassifier
from keras_elmo.tasks.loading import load_task

HALF = "mixed_float16"


@pytest.fixture
def in_half():
    """A global policy, which the next test does not see."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(HALF)
    yield
    keras.config.set_dtype_policy(before)


def policies(model):
    layers = [layer for layer in model._flatten_layers() if layer.weights]
    return [layer.dtype_policy.name for layer in layers]


def half_task(name, **changes):
    return make_task(name, small_backbone(dtype=HALF)[0], dtype=HALF, **changes)


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_is_near_float32(name):
    whole, half = make_task(name), half_task(name, trainable_elmo=True)
    half.set_weights(whole.get_weights())
    inputs, targets, weights = first_batch(whole, name)
    expected, found = (to_numpy(task(inputs, training=False)) for task in (whole, half))
    for a, b in zip(keras.tree.flatten(expected), keras.tree.flatten(found), strict=True):
        assert b.dtype == np.float32
        seen = a > -1e8  # what may be chosen
        np.testing.assert_allclose(a[seen], b[seen], rtol=2e-2, atol=2e-2)
    half.compile(learning_rate=1e-3, run_eagerly=True, jit_compile=False)
    # Gradients are scaled, by 2^15 at first, so that small ones are no zeros.
    assert isinstance(half.optimizer, keras.optimizers.LossScaleOptimizer)
    y = whole.compute_loss(inputs, targets, whole(inputs, training=False), weights)
    loss = half.train_on_batch(inputs, targets, weights, return_dict=True)["loss"]
    np.testing.assert_allclose(loss, to_numpy(y), rtol=2e-2)
    assert any(_moves(half, whole, inputs, targets, weights) for _ in range(3))


def _moves(half, whole, *batch):
    """Whether nearly all weights of both differ; a step that overflows only lowers the scale."""
    arrays = [to_numpy(variable.value) for variable in half.weights]
    assert all(np.isfinite(array).all() for array in arrays)
    moved = sum((a != b).any() for a, b in zip(arrays, whole.get_weights(), strict=True))
    if moved:
        return moved > 0.7 * len(arrays)
    half.train_on_batch(*batch)
    return False


@pytest.mark.parametrize("name", CASES)
def test_a_task_keeps_its_policies_where_the_global_one_is_another(name, in_half):
    for dtype in ("float32", HALF):
        task = make_task(name, small_backbone(dtype="mixed_bfloat16")[0], dtype=dtype)
        copy = type(task).from_config(task.get_config())
        assert copy.dtype_policy.name == dtype
        assert policies(copy) == policies(task)
        assert set(policies(task.backbone)) == {"mixed_bfloat16"}
        assert dtype in policies(task)


def test_a_task_without_a_policy_has_the_global_one(in_half):
    task = make_task("classes")
    assert set(policies(task)) == {HALF, "float32"}  # its outputs
    keras.config.set_dtype_policy("float32")
    assert policies(type(task).from_config(task.get_config())) == policies(task)


def test_saved_policies_come_back(tmp_path):
    task = half_task("classes")
    expected = task.predict(TEXTS)
    task.save(tmp_path / "task.keras")
    task.save_to_preset(tmp_path / "task")
    for loaded in (keras.saving.load_model(tmp_path / "task.keras"), load_task(tmp_path / "task")):
        assert policies(loaded) == policies(task)
        np.testing.assert_array_equal(loaded.predict(TEXTS), expected)
    again = ElmoTextClassifier.from_preset(tmp_path / "task", dtype="float32")
    assert again.dtype_policy.name == "float32"
    assert again.backbone.dtype_policy.name == HALF


def test_a_policy_for_task_and_elmo():
    task = ElmoTextClassifier.from_preset(
        "elmo_mini_en", labels=["a", "b"], dtype=HALF, load_weights=False
    )
    assert task.dtype_policy.name == task.backbone.dtype_policy.name == HALF
    assert keras.config.dtype_policy().name == "float32"


def test_a_layer_keeps_its_policy(tmp_path):
    ids = keras.Input((None, 8), dtype="int32")
    layer = ElmoEmbedding(small_backbone(dtype=HALF)[0], dtype="mixed_bfloat16")
    model = keras.Model(ids, layer(ids))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert policies(loaded) == policies(model)
    assert loaded.output.dtype == "bfloat16"


@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method:UserWarning")
def test_a_task_is_not_quantized_but_a_model_of_it_is():
    task = make_task("classes")
    expected = task.predict(TEXTS)
    with pytest.raises(NotImplementedError, match=r"`keras\.Model\(.*\)\.quantize\('int8'\)`"):
        task.quantize("int8")
    np.testing.assert_array_equal(task.predict(TEXTS), expected)
    keras.Model(task.input, task.output).quantize("int8")
    found = to_numpy(task(first_batch(task, "classes")[0]))
    assert np.isfinite(found).all()


def test_one_policy_for_all_layers():
    with pytest.raises(ValueError, match=r"`dtype` must be one policy.*Received: <DTypePolicyMap"):
        make_task("classes", dtype=keras.dtype_policies.DTypePolicyMap())
