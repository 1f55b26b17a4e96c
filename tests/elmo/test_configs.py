"""Configurations of backbone and encoder: frozen, made of keywords, written as they are."""

import json
from dataclasses import FrozenInstanceError, asdict

import pytest
from support import small_backbone, small_config

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.backbone_config import BackboneConfig
from keras_elmo.elmo.config import take_config
from keras_elmo.tasks.encoder import EncoderConfig

WORDS = {"vocabulary_size": 9, "char_filters": [], "num_highways": 0}
OTHER_ENCODER = {"encoder": "bilstm", "cell_clip": None, "projection_clip": None}
BOTH = {"vocabulary_size": 9, "word_dim": 3}


def test_a_config_takes_its_keywords_and_leaves_the_others():
    arguments = {"units": 3, "name": "mine", "dropout": 0.5}
    config = take_config(BackboneConfig, arguments)
    assert (config.units, config.dropout, arguments) == (3, 0.5, {"name": "mine"})
    with pytest.raises(FrozenInstanceError):
        config.units = 4


@pytest.mark.parametrize("changes", [{}, WORDS, BOTH, OTHER_ENCODER])
def test_a_backbone_is_what_its_config_says(changes):
    backbone = ElmoBackbone(**small_config() | changes)
    config = backbone.config
    assert backbone.output_shape[2:] == config.feature_shape
    ids = "token_ids" if config.reads_words_alone else "character_ids"
    assert backbone.input[ids].shape[1:] == config.id_shape
    written = json.loads(json.dumps(backbone.get_config()))
    assert written == backbone.get_config()
    rest = {"dtype": "float32", "name": backbone.name, "trainable": True}
    assert written == asdict(config) | rest
    assert BackboneConfig(**asdict(config)) == config


def test_a_backbone_refuses_what_its_config_does_not_know():
    with pytest.raises(TypeError, match=r"no argument `unit`\. It takes projection_dim, units,"):
        small_backbone(unit=3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"word_dim": 3}, "vectors of a vocabulary's words"),
        ({"encoder": "gru"}, "'bilm', or 'bilstm'"),
        ({"encoder": "bilstm", "stateful": True, "batch_size": 2}, "cannot be stateful"),
    ],
)
def test_sizes_that_do_not_go_together(changes, message):
    with pytest.raises(ValueError, match=message):
        BackboneConfig(**changes)


@pytest.mark.parametrize(
    ("arguments", "units"),
    [
        ({}, [128]),
        ({"lstm_units": 3, "num_layers": 2}, [3, 3]),
        ({"lstm_units": (3, 4)}, [3, 4]),
        ({"lstm_units": [3, 4], "num_layers": 1}, [3, 4]),
    ],
)
def test_units_of_each_layer(arguments, units):
    config = EncoderConfig(**arguments)
    assert config.units == config.lstm_units == units
    assert EncoderConfig(**json.loads(json.dumps(asdict(config)))) == config
