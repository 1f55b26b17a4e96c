"""The ELMo inside AllenNLP's models: the same numbers as the HDF5 file that it began as."""

import json

import numpy as np
import pytest
import torch_file_support
from support import random_variables, shared_file, small_config

from keras_elmo.weights import WeightsError, load_bilm_tf
from keras_elmo.weights.formats.allennlp import load_allennlp
from keras_elmo.weights.formats.torch_file import list_tensors

FIXTURES = "data/golden/allennlp/test_fixtures"
PREFIX = "embedder._elmo._elmo_lstm."


@pytest.fixture
def state():
    """The state dict of a random ELMo with a mix and a task around it, the ELMo, its variables."""
    config = small_config() | {"lstm_projection": True, "forget_bias": 0.0}
    variables = random_variables(config)
    state = torch_file_support.allennlp_state(config, variables, PREFIX)
    outer = PREFIX.removesuffix("_elmo_lstm.") + "scalar_mix_0."
    state |= {f"{outer}gamma": np.array([0.5], "f4"), "tags.weight": np.zeros((2, 3), "f4")}
    for i in range(config["num_layers"] + 1):
        state[f"{outer}scalar_parameters.{i}"] = np.array([i], "f4")
    return state, config, variables


def test_golden_equals_hdf5():
    folder = shared_file(FIXTURES)
    path = folder / "simple_tagger_with_elmo/serialization/best.th"
    elmo = load_allennlp(list_tensors(path), str(path))
    config, variables = elmo.config, elmo.variables
    expected_config, expected = load_bilm_tf(
        folder / "elmo/lm_weights.hdf5", folder / "elmo/options.json"
    )
    assert config == expected_config | {"forget_bias": 0.0}
    assert variables.keys() == expected.keys()
    units = config["units"]
    forget = slice(2 * units, 3 * units)
    for name, array in expected.items():
        right = array.copy()
        if name.startswith("bilm/") and name.endswith("/bias"):
            right[forget] += 1.0
        np.testing.assert_array_equal(variables[name], right)
    assert [round(mix.gamma, 4) for mix in elmo.mixes] == [1.0046]
    assert len(elmo.mixes[0].weights) == 3
    assert elmo.ignored[-1] == "tag_projection_layer._module.bias"


def test_round_trip(state, tmp_path):
    arrays, config, expected = state
    torch_file_support.write(tmp_path / "w.th", arrays, torch_file_support.write_zip)
    options = {
        "lstm": {"cell_clip": config["cell_clip"], "proj_clip": config["projection_clip"]},
        "char_cnn": {
            "activation": config["activation"],
            "max_characters_per_token": config["max_characters_per_token"],
        },
    }
    found = load_allennlp(list_tensors(tmp_path / "w.th"), "w.th", options)
    assert json.dumps(found.config, sort_keys=True) == json.dumps(config, sort_keys=True)
    for name in expected:
        np.testing.assert_array_equal(found.variables[name], expected[name].astype("f4"))
    assert found.mixes[0].gamma == 0.5
    assert found.mixes[0].weights == (0.0, 1.0, 2.0)
    assert found.ignored == ["tags.weight"]


@pytest.mark.parametrize(
    ("key", "change", "told"),
    [
        ("_elmo_lstm.backward_layer_1.state_linearity.bias", None, "missing"),
        ("_elmo_lstm.backward_layer_1.state_linearity.bias", (3,), "misshapen"),
        ("_elmo_lstm.backward_layer_1.surplus", (3,), "surplus"),
        ("_token_embedder._char_embedding_weights", None, "must hold one ELMo"),
        ("_token_embedder.char_conv_0.weight", (3,), "3 axes"),
        ("_elmo_lstm.forward_layer_0.state_projection.weight", None, "no such tensor"),
    ],
)
def test_wrong_tensors(state, key, change, told):
    arrays = dict(state[0])
    if change is None:
        del arrays[PREFIX + key]
    else:
        arrays[PREFIX + key] = np.zeros(change, "f4")
    with pytest.raises(WeightsError) as caught:
        load_allennlp(arrays, "w.th")
    assert "w.th" in str(caught.value)
    assert told in str(caught.value)
    assert "Received" in str(caught.value) or told in ("missing", "surplus")


def test_two_elmos(state):
    arrays = state[0] | {f"second.{key}": array for key, array in state[0].items()}
    with pytest.raises(WeightsError, match="must hold one ELMo"):
        load_allennlp(arrays, "w.th")


def test_incomplete_mix(state):
    arrays = dict(state[0])
    del arrays["embedder._elmo.scalar_mix_0.scalar_parameters.1"]
    with pytest.raises(WeightsError, match=r"missing: scalar_mix_0.scalar_parameters.1"):
        load_allennlp(arrays, "w.th")
