"""Adam for word tables: against NumPy, PyTorch's own, and what a batch must leave alone."""

import keras
import numpy as np
import pytest
from keras import ops
from support import gradients, to_numpy

from keras_elmo.fine_tuning.lazy_adam import LazyAdam
from keras_elmo.fine_tuning.optimizer import GroupedOptimizer, clip_by_global_norm
from keras_elmo.layers.word_table import WordTable

pytestmark = pytest.mark.portable
TABLE = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")
# Rows that return, that come late, twice in one batch, and never (2 and 6).
BATCHES = [np.array(ids, "int32") for ids in ([[1, 3, 3]], [[0, 1, 4]], [[3, 5, 5]], [[4, 3, 0]])]
SCALES = np.random.default_rng(1).normal(size=(4, 1, 3, 3)).astype("float32")
NEVER = [2, 6]


def table_and_weight():
    table = WordTable(7, 3)
    table.build((None, None))
    table.assign(TABLE)
    weight = keras.Variable(np.array([0.5, -1.0, 2.0], "float32"), name="weight")
    return table, weight


def whole_gradients(loss_fn, variables):
    return [ops.convert_to_tensor(found) for found in gradients(loss_fn, variables)]


def backend_gradients(loss_fn, variables):
    """Gradients as `fit` gets them: on TensorFlow rows of the table."""
    if keras.config.backend() != "tensorflow":
        return whole_gradients(loss_fn, variables)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = loss_fn()
    found = tape.gradient(loss, [variable.value for variable in variables])
    assert isinstance(found[0], tf.IndexedSlices)
    return found


def steps(optimizer, gradients_of=backend_gradients):
    """A table and another variable after a step for each of the batches."""
    table, weight = table_and_weight()
    variables = [table.embeddings, weight]
    optimizer.build(variables)
    for ids, scale in zip(BATCHES, SCALES, strict=True):
        scale = ops.convert_to_tensor(scale)
        found = gradients_of(lambda i=ids, s=scale: ops.sum(table(i) * s * weight), variables)
        optimizer.apply(found, variables)
    return to_numpy(table.embeddings), to_numpy(weight)


def oracle(rate=0.1, decay=0.0, bound=None):
    """The same in NumPy: loops over rows, each with moments of its own."""
    table, weight = TABLE.astype("float64"), np.array([0.5, -1.0, 2.0])
    moments, squares = np.zeros((8, 3)), np.zeros((8, 3))  # the last is that of the weight
    for step, (ids, scale) in enumerate(zip(BATCHES, SCALES, strict=True), 1):
        found = {}
        for row, s in zip(ids[0], scale[0], strict=True):
            found[row] = found.get(row, 0) + s * weight
        found[7] = sum(table[row] * s for row, s in zip(ids[0], scale[0], strict=True))
        norm = np.sqrt(sum((g**2).sum() for g in found.values()))
        for row, g in found.items():
            g = g * min(1, bound / norm) if bound else g
            moments[row] = 0.9 * moments[row] + 0.1 * g
            squares[row] = 0.999 * squares[row] + 0.001 * g**2
            change = rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            change = change * moments[row] / (np.sqrt(squares[row]) + 1e-7)
            values = weight if row == 7 else table[row]
            values *= 1 - rate * decay
            values -= change
    return table, weight


@pytest.mark.parametrize("decay", [None, 0.3])
@pytest.mark.parametrize("bound", [None, 0.5])
def test_it_is_adam_on_the_rows_of_each_batch(decay, bound):
    optimizer = LazyAdam(0.1, weight_decay=decay, global_clipnorm=bound)
    expected = oracle(0.1, decay or 0, bound)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert again.get_config() == optimizer.get_config()
    for found in (steps(optimizer), steps(again, whole_gradients)):  # as whole tables, too
        for one, right in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, right, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("bound", [None, 0.5])
def test_one_of_several_optimizers(bound):
    groups = keras.optimizers.OptimizerMap(
        keras.optimizers.AdamW(0.1, weight_decay=0.3),
        {"(.*/)?embeddings": LazyAdam(0.1, weight_decay=0.3)},
    )
    found = steps(GroupedOptimizer(groups, clip_norm=bound))
    for one, expected in zip(found, oracle(0.1, 0.3, bound), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-5, atol=1e-5)


def test_it_is_pytorchs_sparse_adam():
    torch = pytest.importorskip("torch")
    table = torch.nn.Embedding(7, 3, sparse=True, _weight=torch.tensor(TABLE))
    weight = torch.nn.Parameter(torch.tensor([0.5, -1.0, 2.0]))
    own = torch.optim.SparseAdam(table.parameters(), 0.1, eps=1e-7)
    other = torch.optim.Adam([weight], 0.1, eps=1e-7)
    with torch.enable_grad():
        for ids, scale in zip(BATCHES, SCALES, strict=True):
            for optimizer in (own, other):
                optimizer.zero_grad()
            (table(torch.tensor(ids)) * torch.tensor(scale) * weight).sum().backward()
            for optimizer in (own, other):
                optimizer.step()
    found = steps(LazyAdam(0.1))
    np.testing.assert_allclose(found[0], table.weight.detach().cpu().numpy(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found[1], weight.detach().cpu().numpy(), rtol=1e-5)


def model_with_table():
    table, _ = table_and_weight()
    ids = keras.Input((3,), dtype="int32")
    x = keras.layers.GlobalAveragePooling1D()(table(ids))
    return keras.Model(ids, keras.layers.Dense(1, dtype="float32")(x)), table


@pytest.mark.parametrize("how", ["plain", "accumulated", "mixed_float16", "compiled whole"])
def test_fit_leaves_other_rows_alone(how):
    if how == "mixed_float16":
        keras.config.set_dtype_policy(how)
    try:
        model, table = model_with_table()
    finally:
        keras.config.set_dtype_policy("float32")
    accumulate = {"gradient_accumulation_steps": 2} if how == "accumulated" else {}
    optimizer = LazyAdam(0.1, weight_decay=0.1, global_clipnorm=1.0, **accumulate)
    if how == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=8.0)
    whole = how == "compiled whole" and keras.config.backend() != "torch"
    model.compile(optimizer, "mse", jit_compile=whole)
    model.fit(np.concatenate(BATCHES), np.arange(4.0), batch_size=1, epochs=2, verbose=0)
    found = to_numpy(table.embeddings)
    np.testing.assert_array_equal(found[NEVER], TABLE[NEVER])
    assert (np.abs(np.delete(found - TABLE, NEVER, axis=0)).max(axis=1) > 1e-3).all()


def test_a_batch_without_numbers_changes_nothing():
    table, weight = table_and_weight()
    variables = [table.embeddings, weight]
    found = backend_gradients(lambda: ops.sum(table(BATCHES[0]) * weight), variables)
    optimizer = LazyAdam(0.1, global_clipnorm=1.0)
    optimizer.apply([found[0], found[1] * np.nan], variables)
    np.testing.assert_array_equal(to_numpy(table.embeddings), TABLE)
    np.testing.assert_array_equal(to_numpy(weight), [0.5, -1.0, 2.0])


def test_the_norm_counts_a_row_once():
    table, _ = table_and_weight()
    found = backend_gradients(lambda: ops.sum(table(BATCHES[0])), [table.embeddings])
    (clipped,) = clip_by_global_norm(found, 1.0)
    expected = np.zeros((7, 3))
    expected[1], expected[3] = 1, 2
    found = keras.ops.convert_to_numpy(clipped)
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), rtol=1e-6)


def test_amsgrad():
    with pytest.raises(ValueError, match="Received: amsgrad=True"):
        LazyAdam(amsgrad=True)
