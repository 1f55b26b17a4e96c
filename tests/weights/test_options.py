"""Options files: what may be left out, what is ignored, and the way back."""

import pytest
from hypothesis import given, settings
from support import elmo_configs, small_config

from keras_elmo.weights.options import config_from_options, options_from_config


@settings(max_examples=100, deadline=None)
@given(config=elmo_configs())
def test_there_and_back(config):
    # A square projection and the number of words are known to the weights alone.
    config["lstm_projection"] = config["units"] != config["projection_dim"]
    back = config_from_options(options_from_config(config))
    assert back == {**config, "vocabulary_size": None}


@pytest.mark.parametrize("absent", [..., None, 0, 0.0])
@pytest.mark.parametrize("name", ["cell_clip", "proj_clip"])
def test_no_clip_is_said_in_three_ways(name, absent):
    options = options_from_config(small_config())
    options["lstm"][name] = absent
    if absent is ...:
        del options["lstm"][name]
    config = config_from_options(options)
    clips = {"cell_clip": config["cell_clip"], "proj_clip": config["projection_clip"]}
    assert clips.pop(name) is None
    assert list(clips.values()) == [3.0]


@pytest.mark.parametrize("absent", [..., None, 0])
def test_no_highway_is_said_in_three_ways(absent):
    options = options_from_config(small_config())
    options["char_cnn"]["n_highway"] = absent
    if absent is ...:
        del options["char_cnn"]["n_highway"]
    assert config_from_options(options)["num_highways"] == 0


def test_missing_skip_connections_are_none():
    options = options_from_config(small_config())
    del options["lstm"]["use_skip_connections"]
    assert config_from_options(options)["use_skip_connections"] is False


@pytest.mark.parametrize("n_characters", [261, 262, None])
def test_number_of_characters_and_unknown_keys_are_ignored(n_characters):
    options = options_from_config(small_config())
    options["char_cnn"] |= {"n_characters": n_characters, "other": 1}
    options["lstm"]["other"] = [2]
    options |= {"bidirectional": True, "dropout": 0.1, "n_train_tokens": 10}
    assert config_from_options(options) == small_config()


def test_readers_of_the_format_find_what_they_ask_for():
    options = options_from_config(small_config(cell_clip=None))
    assert options["lstm"]["cell_clip"] is None
    assert options["char_cnn"]["n_characters"] == 262
    assert "char_cnn" not in options_from_config(small_config(vocabulary_size=5))
