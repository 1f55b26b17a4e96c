"""Layers and models in a `torch.nn.Module`: all parameters at once, a state that goes elsewhere."""

import re

import keras
import numpy as np
import pytest
from keras import ops
from support import random_variables, small_backbone, small_config, to_numpy

from keras_elmo import (
    CRF,
    BiLM,
    BiLSTM,
    CharacterCNN,
    ElmoBackbone,
    ElmoEmbedding,
    ElmoLanguageModel,
    ElmoTokenClassifier,
    LayerMix,
    ProjectionLSTM,
    ScalarMix,
    SequencePooling,
)
from keras_elmo.weights.sources.published import PublishedElmo

TORCH = keras.config.backend() == "torch"
needs_torch = pytest.mark.skipif(not TORCH, reason="modules of PyTorch")
RANDOM = np.random.default_rng(2)
IDS = RANDOM.integers(1, 200, (2, 3, 8)).astype("int32")
X = RANDOM.normal(size=(2, 3, 4)).astype("float32")
FEATURES = RANDOM.normal(size=(2, 3, 3, 4)).astype("float32")
CNN = {"char_embedding_dim": 2, "char_filters": [[1, 3]], "num_highways": 2, "projection_dim": 4}


def task():
    labels = ["O", "B-X", "I-X"]
    return ElmoTokenClassifier(small_backbone()[0], labels=labels, crf=True, lstm_units=2)


def loaded():
    """An ELMo whose variables had no values while it was built."""
    config = small_config()
    return ElmoBackbone.from_preset(PublishedElmo("", config, random_variables(config)))


# What makes each, and what it is called with; shapes are known from the start where `ids` are read.
LAYERS = {
    "BiLM": (lambda: BiLM(projection_dim=4, units=3, num_layers=2, dropout=0.1), X),
    "CharacterCNN": (lambda: CharacterCNN(**CNN), IDS),
    "ElmoEmbedding": (lambda: ElmoEmbedding(small_backbone()[0], mix=["scalar", "scalar"]), IDS),
    "loaded ELMo": (lambda: ElmoEmbedding(loaded()), IDS),
    "ElmoBackbone": (
        lambda: small_backbone()[0],
        {"character_ids": IDS, "padding_mask": IDS[:, :, 0] > 0},
    ),
    "task": (task, {"character_ids": IDS, "padding_mask": IDS[:, :, 0] > 0}),
}
SHAPED = {
    "BiLSTM": (lambda: BiLSTM(3), X),
    "CRF": (lambda: CRF(), X),
    "LayerMix": (lambda: LayerMix("scalar", dropout_after=0.1), FEATURES),
    "ProjectionLSTM": (lambda: ProjectionLSTM(3, 2), X),
    "ScalarMix": (lambda: ScalarMix(), FEATURES),
    "SequencePooling": (lambda: SequencePooling("attention"), X),
}


def tensors(inputs):
    return keras.tree.map_structure(ops.convert_to_tensor, inputs)


@pytest.mark.parametrize("kind", [*LAYERS, *SHAPED])
def test_a_call_makes_no_variables(kind):
    make, inputs = (LAYERS | SHAPED)[kind]
    layer = make()
    if kind in SHAPED:
        layer.build(inputs.shape)
    before = [variable.path for variable in layer.variables]
    layer(tensors(inputs))
    assert [variable.path for variable in layer.variables] == before
    assert len(layer.weights) > 0


def modules(make, inputs, count=2):
    """Modules of PyTorch's with a layer in each."""
    import torch

    class Module(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.part = make()
            if not self.part.built:
                self.part.build(inputs.shape)

    return [Module() for _ in range(count)]


@needs_torch
@pytest.mark.portable
@pytest.mark.parametrize("kind", [*LAYERS, *SHAPED])
def test_parameters_are_there_before_a_call_and_after_it(kind):
    make, inputs = (LAYERS | SHAPED)[kind]
    [module] = modules(make, inputs, 1)
    before = list(map(id, module.parameters()))
    expected = {id(variable.value) for variable in module.part.variables}
    assert set(before) == expected
    assert len(before) == len(expected)
    module.part(tensors(inputs))
    assert list(map(id, module.parameters())) == before


@needs_torch
@pytest.mark.portable
@pytest.mark.parametrize("kind", [*LAYERS, *SHAPED])
def test_a_state_goes_from_one_module_to_another(kind):
    make, inputs = (LAYERS | SHAPED)[kind]
    one, other = modules(make, inputs)
    for variable in one.part.weights:
        variable.assign(RANDOM.normal(size=variable.shape))
    state = one.state_dict()
    assert list(state) == list(other.state_dict())
    assert len(state) == len(one.part.variables)
    assert not any(re.search(r"_torch_params|/|seed_generator", name) for name in state)
    other.load_state_dict(state)
    for found, expected in zip(
        keras.tree.flatten(to_numpy(other.part(tensors(inputs)))),
        keras.tree.flatten(to_numpy(one.part(tensors(inputs)))),
        strict=True,
    ):
        np.testing.assert_array_equal(found, expected)
    other.part.load_state_dict(one.part.state_dict())  # alone as well


@needs_torch
@pytest.mark.portable
def test_what_is_missing_or_surplus_in_a_state_is_named():
    one, other = modules(lambda: BiLSTM(3), X)
    state = one.state_dict()
    kernel = state.pop("part.forward_kernel")
    with pytest.raises(RuntimeError, match=r"Missing key.*forward_kernel"):
        other.load_state_dict(state)
    with pytest.raises(RuntimeError, match=r"Unexpected key.*part\.other"):
        other.load_state_dict({**state, "part.forward_kernel": kernel, "part.other": kernel})


@needs_torch
@pytest.mark.portable
def test_the_names_that_keras_gives_are_still_read():
    [module] = modules(lambda: ElmoEmbedding(small_backbone()[0]), IDS, 1)
    elmo = module.part
    state = {f"part.{name}": 0.0 * p for name, p in elmo.named_parameters(remove_duplicate=False)}
    module.load_state_dict(state)
    assert not any(to_numpy(variable.value).any() for variable in elmo.variables)


@needs_torch
@pytest.mark.portable
@pytest.mark.parametrize("make", [lambda: small_backbone()[0], loaded], ids=["built", "loaded"])
def test_an_optimizer_made_before_the_first_call_trains_all(make):
    import torch

    [module] = modules(lambda: ElmoEmbedding(make(), trainable=True), IDS, 1)
    optimizer = torch.optim.SGD(module.parameters(), lr=1.0)
    before = to_numpy([variable.value for variable in module.part.trainable_variables])
    ops.sum(ops.square(module.part(tensors(IDS)))).backward()
    optimizer.step()
    after = to_numpy([variable.value for variable in module.part.trainable_variables])
    for old, new, variable in zip(before, after, module.part.trainable_variables, strict=True):
        assert not np.array_equal(old, new), variable.path


@needs_torch
@pytest.mark.portable
def test_a_language_model_has_its_parameters_too():
    model = ElmoLanguageModel(ElmoBackbone(**small_config()), 5)
    names = list(model.state_dict())
    assert names == list(ElmoLanguageModel(ElmoBackbone(**small_config()), 5).state_dict())
    assert len(names) == len(model.variables)
