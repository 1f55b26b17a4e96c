"""The decoder against loops in NumPy, written from the equations of the papers."""

import json
from itertools import product

import keras
import numpy as np
import pytest
from keras import ops
from support import gradients, to_numpy

from keras_elmo.layers.attention_decoder import AttentionDecoder

SYMBOLS, FEATURES, UNITS, SIZE = 6, 5, 4, 3
CASES = list(product(("luong", "bahdanau"), (False, True)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def by_loops(layer, memory, ids, source_ids=()):
    """The distribution over symbols after each of `ids`, for one source without padding."""
    w = {weight.name: np.array(value, float) for weight, value in zip(*named(layer), strict=True)}
    h, c = np.split(np.tanh(memory.mean(axis=0) @ w["start_kernel"] + w["start_bias"]), 2)
    a = np.zeros(UNITS)
    rows = []
    for symbol in ids:
        x = w["embeddings"][symbol if symbol < SYMBOLS else layer.unknown_id]
        z = x @ w["kernel"] + np.concatenate([a, h]) @ w["recurrent_kernel"] + w["bias"]
        i, f, o, j = np.split(z, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(j)
        h = sigmoid(o) * np.tanh(c)
        if layer.attention == "luong":
            scores = [h @ (m @ w["attention/kernel"]) for m in memory]
        else:
            hidden = [
                np.tanh(m @ w["attention/kernel"] + h @ w["attention/query_kernel"]) for m in memory
            ]
            scores = [float(row @ w["attention/scale"][:, 0]) for row in hidden]
        weights = softmax(np.array(scores)) if len(memory) else np.zeros(0)
        context = sum((k * m for k, m in zip(weights, memory, strict=True)), np.zeros(FEATURES))
        a = np.tanh(context @ w["memory_kernel"] + h @ w["state_kernel"])
        logits = a @ w["output_kernel"] + w["output_bias"]
        logits[:2] = -np.inf
        p = softmax(logits)
        if layer.copy:
            gate = np.concatenate([context, h, x]) @ w["gate_kernel"][:, 0] + w["gate_bias"][0]
            p = np.concatenate([sigmoid(gate) * p, np.zeros(len(memory))])
            for place, share in zip(source_ids, weights, strict=True):
                p[place] += (1 - sigmoid(gate)) * share
        rows.append(p)
    return np.array(rows)


def named(layer):
    def name(variable):
        inside = variable.path.split("/")[-2:]
        return "/".join(inside) if inside[0] == "attention" else inside[-1]

    class Name:
        def __init__(self, variable):
            self.name = name(variable)

    return [Name(variable) for variable in layer.trainable_variables], [
        to_numpy(variable.value) for variable in layer.trainable_variables
    ]


def random_case(attention, copy, seed=0, **arguments):
    """A layer with random weights, a memory of 4, 2 and 1 steps, symbols and source symbols."""
    random = np.random.default_rng(seed)
    layer = AttentionDecoder(
        SYMBOLS, UNITS, embedding_dim=SIZE, attention=attention, copy=copy, **arguments
    )
    memory = random.normal(size=(3, 4, FEATURES)).astype("float32")
    mask = np.arange(4) < np.array([4, 2, 1])[:, None]
    ids = np.array([[1, 5, 2, 4, 3], [1, 3, 3, 5, 2], [1, 4, 2, 0, 0]], "int32")
    # Steps 0 and 2 of the first source are one word that the vocabulary lacks.
    source_ids = np.array([[6, 4, 6, 5], [3, 7, 0, 0], [6, 0, 0, 0]], "int32")
    if copy:
        ids[0, 3] = 6
    layer.build(memory.shape, ids.shape)
    trained = [random.normal(scale=0.7, size=v.shape) for v in layer.trainable_variables]
    for variable, value in zip(layer.trainable_variables, trained, strict=True):
        variable.assign(value)
    return layer, memory, ids, source_ids if copy else None, mask


def run(layer, memory, ids, source_ids, mask, **arguments):
    tensors = [ops.convert_to_tensor(x) if x is not None else None for x in (memory, ids)]
    if source_ids is not None:
        arguments["source_ids"] = ops.convert_to_tensor(source_ids)
    return layer(*tensors, mask=ops.convert_to_tensor(mask), **arguments)


@pytest.mark.portable
@pytest.mark.parametrize(("attention", "copy"), CASES)
def test_it_computes_the_equations(attention, copy):
    layer, memory, ids, source_ids, mask = random_case(attention, copy)
    found = np.exp(to_numpy(run(layer, memory, ids, source_ids, mask)))
    assert found.shape == (3, 5, SYMBOLS + 4 * copy)
    for k, steps in enumerate(mask.sum(axis=1)):
        places = source_ids[k, :steps] if copy else ()
        expected = by_loops(layer, memory[k, :steps], ids[k], places)
        width = expected.shape[1]
        np.testing.assert_allclose(found[k, :, :width], expected, atol=2e-6)
        assert not found[k, :, width:].any()  # padding cannot be copied
    np.testing.assert_allclose(found.sum(axis=2), 1.0, atol=1e-5)


@pytest.mark.portable
@pytest.mark.parametrize(("attention", "copy"), CASES)
def test_step_by_step_it_is_the_same(attention, copy):
    layer, memory, ids, source_ids, mask = random_case(attention, copy)
    whole = to_numpy(run(layer, memory, ids, source_ids, mask))
    source = layer.read(*map(ops.convert_to_tensor, (memory, source_ids, mask)[: 3 if copy else 1]))
    if not copy:
        source = layer.read(ops.convert_to_tensor(memory), mask=ops.convert_to_tensor(mask))
    state = layer.start(source)
    for t in range(ids.shape[1]):
        state, found = layer.advance(state, ops.convert_to_tensor(ids[:, t]), source)
        np.testing.assert_allclose(to_numpy(found), whole[:, t], rtol=1e-4, atol=1e-5)


@pytest.mark.portable
@pytest.mark.parametrize("copy", [False, True])
def test_padding_changes_nothing(copy):
    layer, memory, ids, source_ids, mask = random_case("luong", copy)
    whole = to_numpy(run(layer, memory, ids, source_ids, mask))
    part = source_ids[1:2, :2] if copy else None
    alone = to_numpy(run(layer, memory[1:2, :2], ids[1:2, :3], part, mask[1:2, :2]))
    np.testing.assert_allclose(alone[0], whole[1, :3, : alone.shape[2]], rtol=1e-4, atol=1e-5)
    other = np.where(mask[:, :, None], memory, 7.0).astype("float32")
    np.testing.assert_allclose(
        to_numpy(run(layer, other, ids, source_ids, mask)), whole, rtol=1e-4, atol=1e-5
    )


@pytest.mark.portable
def test_a_source_without_steps_gives_a_distribution():
    for copy in (False, True):
        layer, memory, ids, source_ids, mask = random_case("bahdanau", copy)
        mask[2] = False
        found = np.exp(to_numpy(run(layer, memory, ids, source_ids, mask)))
        np.testing.assert_allclose(found.sum(axis=2), 1.0, atol=1e-5)


@pytest.mark.parametrize(("attention", "copy"), CASES)
def test_gradients_are_those_of_differences(attention, copy):
    layer, memory, ids, source_ids, mask = random_case(attention, copy)
    variable = keras.Variable(memory)
    weights = np.random.default_rng(1).normal(size=(3, 5, 4)).astype("float32")

    def loss():
        sources = None if source_ids is None else ops.convert_to_tensor(source_ids)
        arrays = {"mask": ops.convert_to_tensor(mask), "source_ids": sources, "training": True}
        found = layer(variable.value, ops.convert_to_tensor(ids), **arrays)
        return ops.sum(found[:, :, 2:6] * weights)

    variables = [variable, *layer.trainable_variables]
    for value, gradient in zip(variables, gradients(loss, variables), strict=True):
        start = to_numpy(value.value)
        direction = np.random.default_rng(2).normal(size=start.shape).astype("float32")
        sides = []
        for sign in (1, -1):
            value.assign(start + sign * 3e-3 * direction)
            sides.append(float(to_numpy(loss())))
        value.assign(start)
        expected = (sides[0] - sides[1]) / 6e-3
        found = float((gradient * direction).sum())
        assert found == pytest.approx(expected, rel=0.02, abs=0.05), value.path


@pytest.mark.portable
@pytest.mark.parametrize("copy", [False, True])
def test_scheduled_sampling_reads_its_own_symbols(copy):
    sampling = {"scheduled_sampling": 1.0, "sampling_steps": 2}
    layer, memory, ids, source_ids, mask = random_case("luong", copy, **sampling)
    given = to_numpy(run(layer, memory, ids, source_ids, mask))
    first = to_numpy(run(layer, memory, ids, source_ids, mask, training=True))
    np.testing.assert_allclose(first, given, rtol=1e-4, atol=1e-5)  # the share begins at 0
    run(layer, memory, ids, source_ids, mask, training=True)
    own = to_numpy(run(layer, memory, ids, source_ids, mask, training=True))  # all of them now
    written = own.argmax(axis=2)
    read = np.concatenate([ids[:, :1], written[:, :-1]], axis=1).astype("int32")
    expected = to_numpy(run(layer, memory, read, source_ids, mask))
    np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.portable
def test_contract():
    layer, memory, ids, source_ids, mask = random_case("bahdanau", True, dropout=0.5)
    found = to_numpy(run(layer, memory, ids, source_ids, mask))
    written = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    assert written["registered_name"] == "keras_elmo>AttentionDecoder"
    again = keras.saving.deserialize_keras_object(written)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(to_numpy(run(again, memory, ids, source_ids, mask)), found)
    sizes = {"memory": (None, None, FEATURES), "ids": (None, None), "source_ids": (None, None)}
    inputs = {
        name: keras.Input(shape[1:], dtype="float32" if name == "memory" else "int32")
        for name, shape in sizes.items()
    }
    output = layer(inputs["memory"], inputs["ids"], source_ids=inputs["source_ids"])
    assert output.shape == (None, None, None)


def test_errors():
    with pytest.raises(ValueError, match="`attention` must be one of 'luong', 'bahdanau'"):
        AttentionDecoder(6, 4, attention="dot")
    with pytest.raises(ValueError, match="`scheduled_sampling` must be a share"):
        AttentionDecoder(6, 4, scheduled_sampling=1.5)
    layer, memory, ids, _, mask = random_case("luong", True)
    with pytest.raises(ValueError, match="`copy=True` needs `source_ids`"):
        run(layer, memory, ids, None, mask)
