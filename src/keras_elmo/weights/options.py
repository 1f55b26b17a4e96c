"""The options file of bilm-tf and AllenNLP ↔ `ElmoBackbone`'s configuration."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_elmo._values import NUM_CHARACTERS
from keras_elmo.files.json_files import loads
from keras_elmo.weights.checked_values import MOST_CHARACTERS, MOST_LAYERS, CheckedValues, look_up
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.shapes import Shape

ACTIVATIONS = ("relu", "tanh")
_MOST_BYTES = 2**20
_HINT = "Compare it with the options file published beside the weights."


def read_options(path: Path) -> dict[str, Any]:
    """Read an options file.

    Raises:
        FileNotFoundError: there is no such file.
        WeightsError: the file is not JSON, or is not an object with an `lstm` object in it.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file. Give the options file (JSON) published beside the weights."
        )
    try:
        with path.open("rb") as file:
            options = loads(file.read(_MOST_BYTES))
    except ValueError as error:  # bad JSON and bad UTF-8 alike
        raise WeightsError(
            f"{path}: must be JSON. Received: a file that is not ({error}). "
            "Are the weights and the options given in the wrong order?"
        ) from error
    if not isinstance(options, dict) or not isinstance(options.get("lstm"), dict):
        raise WeightsError(
            f"{path}: must be a JSON object with an object 'lstm' in it. Received: "
            f"{list(options) if isinstance(options, dict) else type(options).__name__}. "
            "Give the options file published beside the weights."
        )
    return options


def config_from_options(options: Mapping[str, Any], where: str = "options") -> dict[str, Any]:
    """Return the backbone's configuration that `options` describes; unknown keys are ignored.

    Without `char_cnn` the model takes words; its `vocabulary_size` stays None, because only the
    weights know it, and its character settings are empty. `n_characters` is never looked at.

    Args:
        options: the content of an options file.
        where: the file's name for error messages.

    Raises:
        WeightsError: an option is missing or has a value that cannot be.
    """
    get = CheckedValues(options, where, "option", _HINT)
    units, projection_dim = get.size("lstm.dim"), get.size("lstm.projection_dim")
    return {
        "vocabulary_size": None,
        **(_characters(get) if options.get("char_cnn") is not None else _no_characters()),
        "projection_dim": projection_dim,
        "units": units,
        "num_layers": get.size("lstm.n_layers", most=MOST_LAYERS),
        "cell_clip": get.clip("lstm.cell_clip"),
        "projection_clip": get.clip("lstm.proj_clip"),
        "use_skip_connections": get.flag("lstm.use_skip_connections"),
        "lstm_projection": units != projection_dim,
        "forget_bias": 1.0,  # both readers of this format add it at run time
    }


def options_from_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that bilm-tf and AllenNLP need to read the model `config` describes.

    Raises:
        WeightsError: they cannot read such a model: its characters are not bytes, or its encoder is
            no biLM.
    """
    of_many_langs = {"num_characters": NUM_CHARACTERS, "word_dim": None, "encoder": "bilm"}
    other = {
        name: config[name]
        for name, allowed in of_many_langs.items()
        if (config.get(name) or allowed) != allowed
    }
    if other:
        received = ", ".join(f"{name}={value!r}" for name, value in other.items())
        raise WeightsError(
            "the bilm-tf format holds biLMs that read bytes, or words. Received: "
            f"{received}. Save such a model as a preset."
        )
    options: dict[str, Any] = {
        "lstm": {
            "cell_clip": config["cell_clip"],
            "proj_clip": config["projection_clip"],
            "dim": config["units"],
            "projection_dim": config["projection_dim"],
            "n_layers": config["num_layers"],
            "use_skip_connections": config["use_skip_connections"],
        }
    }
    if config.get("vocabulary_size") is None:
        options["char_cnn"] = {
            "activation": config["activation"],
            "filters": [list(pair) for pair in config["char_filters"]],
            "n_highway": config["num_highways"],
            "embedding": {"dim": config["char_embedding_dim"]},
            "n_characters": NUM_CHARACTERS,  # both readers refuse a prediction file that says 261
            "max_characters_per_token": config["max_characters_per_token"],
        }
    return options


def disagreements(options: Mapping[str, Any], shapes: Mapping[str, Shape]) -> list[str]:
    """Return one line for each option that the shapes of a weight file (key → shape) contradict."""
    return [
        f"option {name} is {look_up(options, name)}, the weights suggest {seen}"
        for name, seen in _options_seen_in(shapes).items()
        if seen and seen != look_up(options, name)
    ]


def options_as_published(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """Options of an ELMo whose files hold none: what keys and shapes tell, else as published.

    Args:
        shapes: shapes of the arrays by their keys in HDF5 weights.
    """
    options: dict[str, Any] = {
        "lstm": {"cell_clip": 3, "proj_clip": 3, "use_skip_connections": True},
        "char_cnn": {"activation": "relu", "max_characters_per_token": 50, "embedding": {}},
    }
    for name, seen in _options_seen_in(shapes).items():
        *parents, last = name.split(".")
        inner = options
        for parent in parents:
            inner = inner[parent]
        inner[last] = seen
    return options


def _options_seen_in(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """Guess options from keys and shapes alone; what cannot be seen is 0 or empty."""

    def count(key: str) -> int:
        return len({found[1] for name in shapes if (found := re.match(key, name))})

    def dimension(key: str, axis: int) -> int:
        return dict(enumerate(shapes.get(key, ()))).get(axis, 0)

    cell = "RNN_0/RNN/MultiRNNCell/Cell0/LSTMCell"
    kernels = [f"CNN/W_cnn_{i}" for i in range(count(r"CNN/W_cnn_(\d+)$"))]
    return {
        "lstm.n_layers": count(r"RNN_0/RNN/MultiRNNCell/Cell(\d+)/"),
        "lstm.dim": dimension(f"{cell}/B", 0) // 4,
        "lstm.projection_dim": dimension(f"{cell}/W_0", 0) // 2,
        "char_cnn.n_highway": count(r"CNN_high_(\d+)/"),
        "char_cnn.embedding.dim": dimension("char_embed", 1),
        "char_cnn.filters": [[dimension(key, 1), dimension(key, 3)] for key in kernels],
    }


def _characters(get: CheckedValues) -> dict[str, Any]:
    length = get.size("char_cnn.max_characters_per_token", MOST_CHARACTERS)
    return {
        "max_characters_per_token": length,
        "char_embedding_dim": get.size("char_cnn.embedding.dim"),
        "char_filters": get.filters("char_cnn.filters", length),
        "num_highways": get.count("char_cnn.n_highway"),
        "activation": get.one_of("char_cnn.activation", ACTIVATIONS),
    }


def _no_characters() -> dict[str, Any]:
    return {
        "max_characters_per_token": 50,
        "char_embedding_dim": 16,
        "char_filters": [],
        "num_highways": 0,
        "activation": "relu",
    }
