"""A variable's layer group is a matter of the layer that owns it, whatever anything is called."""

import keras
import numpy as np
import pytest
from support import small_backbone, small_config

from keras_elmo import (
    ElmoBackbone,
    ElmoEmbedding,
    ElmoPreprocessor,
    LayerMix,
    discriminative_learning_rates,
    parameter_table,
)
from keras_elmo.elmo.variables import arrays_by_path
from keras_elmo.fine_tuning.anchoring import anchor, pull_back
from keras_elmo.fine_tuning.learning_rates import layer_groups
from keras_elmo.fine_tuning.optimizer import own_optimizer
from keras_elmo.layers.groups import elmo_group, group_of

IDS = ElmoPreprocessor("whitespace", max_characters_per_token=8)(["a b", "c"])["character_ids"]
WORDS = np.array([[1, 2], [3, 0]], "int32")
RATES = {"head": 1e-3, "mix": 1e-3, "bilm_2": 1e-4, "bilm_1": 5e-5, "word_layer": 2.5e-5}


def compiled(inputs, x):
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling1D()(x)))
    optimizer = discriminative_learning_rates(model, head=1e-3, top=1e-4, decay=0.5)
    model.compile(optimizer, "mse", run_eagerly=True)
    return model


def odd_names():
    """Somebody's layers with the names of ours, and with what no name of ours has."""
    ids, words = keras.Input((None, 8), dtype="int32"), keras.Input((None,), dtype="int32")
    own = [
        keras.layers.Embedding(9, 3, name=name)(words)
        for name in ("word_embedding", "char_cnn", "word_vectors", "elmo_mix", "bilm", "a(b.*[+")
    ]
    elmo = ElmoEmbedding(small_backbone()[0], trainable=True, name="head")(ids)
    return compiled([ids, words], keras.layers.Concatenate()([*own, elmo])), [IDS, WORDS]


def two_elmos():
    """One of them in a model of its own; variables of both have the same paths."""
    ids = keras.Input((None, 8), dtype="int32")
    inner = ElmoEmbedding(small_backbone()[0], trainable=True, name="elmo")(ids)
    nested = keras.Model(ids, inner, name="char_cnn")
    other = ElmoEmbedding(small_backbone(seed=1)[0], trainable=True, mix=["scalar", "top"])(ids)
    return compiled(ids, keras.layers.Concatenate()([nested(ids), *other])), IDS


def two_layers_on_one_backbone():
    ids, mask = keras.Input((None, 8), dtype="int32"), keras.Input((None,), dtype="bool")
    backbone = small_backbone()[0]
    features = backbone({"character_ids": ids, "padding_mask": mask})
    x = keras.layers.Concatenate()([LayerMix(name="bilm")(features), LayerMix("top")(features)])
    x = keras.layers.Concatenate()([x, ElmoEmbedding(backbone, trainable=True)(ids)])
    return compiled([ids, mask], x), [IDS, np.array([[True, True], [True, False]])]


def groups_by_identity(model):
    """What each variable belongs to, from the objects that own it."""
    found = {}
    for layer in model._flatten_layers():
        if isinstance(layer, ElmoBackbone):
            found |= {id(v): "word_layer" for v in layer.word_layer.weights}
            sides = layer.bilm.forward_layers, layer.bilm.backward_layers
            for number, pair in enumerate(zip(*sides, strict=True), start=1):
                found |= {id(v): f"bilm_{number}" for one in pair for v in one.weights}
        elif isinstance(layer, LayerMix):
            found |= {id(v): "mix" for v in layer.weights}
    return [found.get(id(variable), "head") for variable in model.weights]


BUILDERS = [odd_names, pytest.param(two_elmos, marks=pytest.mark.portable)]
BUILDERS.append(two_layers_on_one_backbone)


@pytest.mark.parametrize("build", BUILDERS)
def test_groups_and_rates_by_membership_also_of_a_saved_model(build, tmp_path):
    model, x = build()
    expected = groups_by_identity(model)
    assert layer_groups(model) == ["word_layer", "bilm_1", "bilm_2", "mix", "head"]
    model.fit(x, np.ones((2, 1), "f4"), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for one in (model, loaded):
        assert [group_of(v) for v in one.weights] == expected
        rates = [float(own_optimizer(one.optimizer, v).learning_rate) for v in one.weights]
        np.testing.assert_allclose(rates, [RATES[group] for group in expected])
        table = {row.name: row for row in parameter_table(one)}
        for group, rate in RATES.items():
            sizes = [v.value.shape for v in one.weights if group_of(v) == group]
            assert table[group].parameters == sum(int(np.prod(shape)) for shape in sizes)
            np.testing.assert_allclose(table[group].learning_rate, rate)
    for old, new in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(old.numpy(), new.numpy())


def test_every_variable_of_both_elmos_moves_at_its_own_rate():
    """The first step of Adam is as large as the rate wherever there is a gradient."""
    model, x = two_elmos()
    before = [v.numpy().copy() for v in model.weights]
    model.fit(x, np.ones((2, 1), "f4"), verbose=0)
    for variable, old in zip(model.weights, before, strict=True):
        step, rate = np.abs(variable.numpy() - old).max(), RATES[group_of(variable)]
        np.testing.assert_allclose(step, rate, rtol=0.1, err_msg=variable.path)


def test_an_anchor_holds_both_elmos():
    model, _ = two_elmos()
    start = anchor(model, strength=0.5)
    assert len(start) == 2 * len(small_backbone()[0].weights)
    before = [v.numpy().copy() for v, _ in start]
    for variable, _ in start:
        variable.assign(variable + 1.0)
    pull_back(start, 0.25)
    for (variable, _), old in zip(start, before, strict=True):
        np.testing.assert_allclose(variable.numpy(), old + 0.25, atol=1e-6)


class Wrapped(keras.layers.Layer):
    """A backbone that is made inside a layer, so that its paths begin with the layer's name."""

    def build(self, shape):
        self.elmo = ElmoBackbone(**small_config())


def test_paths_inside_a_backbone_begin_where_it_does():
    wrapped = Wrapped(name="bilm")
    wrapped.build(None)
    assert any(v.path.startswith("bilm/char_cnn") for v in wrapped.weights)
    arrays = arrays_by_path(wrapped.elmo)
    assert arrays.keys() == arrays_by_path(small_backbone()[0]).keys()
    assert [group_of(v) for v in wrapped.elmo.weights] == [elmo_group(path) for path in arrays]
