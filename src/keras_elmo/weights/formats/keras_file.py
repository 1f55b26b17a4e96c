"""A preset's configuration and weights without Keras: what Keras wrote, read as arrays."""

import re
from pathlib import Path

from keras_elmo.weights.checksums import check_file
from keras_elmo.weights.descriptions import read_description
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.hdf5 import list_arrays
from keras_elmo.weights.shapes import DIRECTIONS, expected_shapes
from keras_elmo.weights.sources.presets import (
    CONFIG_FILE,
    PREPROCESSOR_FILE,
    WEIGHTS_FILE,
    preset_folder,
)
from keras_elmo.weights.sources.published import PublishedElmo
from keras_elmo.weights.table import LazyVariables, Rule, Slot

_DENSE, _LSTM = ("kernel", "bias"), ("kernel", "recurrent_kernel", "bias", "projection_kernel")
_BILSTM = tuple(f"{direction}_{part}" for direction in DIRECTIONS for part in _LSTM[:3])
# Keras names a layer by its class, the second of a kind `name_1`, and numbers its variables.
_PLACES = (
    (r"word_embedding/", "embedding", ("embeddings",)),
    (r"word_projection/", "word_projection", ("kernel",)),
    (r"char_cnn/char_embedding/", "character_cnn/char_embedding", ("embeddings",)),
    (r"char_cnn/conv_(\d+)/", "character_cnn/convolutions/conv1d{}", _DENSE),
    (r"char_cnn/highway_(\d+)/carry/", "character_cnn/highways/highway{}/carry", _DENSE),
    (r"char_cnn/highway_(\d+)/transform/", "character_cnn/highways/highway{}/transform", _DENSE),
    (r"char_cnn/projection/", "character_cnn/projection", _DENSE),
    (r"bilm/forward_(\d+)/", "bi_lm/forward_layers/projection_lstm{}", _LSTM),
    (r"bilm/backward_(\d+)/", "bi_lm/backward_layers/projection_lstm{}", _LSTM),
    (r"bilm/layer_(\d+)/", "stacked_bi_lstm/bilstms/bi_lstm{}", _BILSTM),
    (r"bilm/projection/", "stacked_bi_lstm/projection", _DENSE),
)


def load_preset(folder: Path) -> PublishedElmo:
    """Read a preset's folder without Keras.

    Raises:
        FileNotFoundError: it holds no preset.
        WeightsError: a file is damaged, or its weights do not fit its configuration.
    """
    folder = preset_folder(folder)
    weights = folder / WEIGHTS_FILE
    _, config = read_description(folder / CONFIG_FILE)
    check_file(weights)
    within = "words_and_characters/" if config.get("word_dim") else ""
    arrays = list_arrays(weights)
    slots = []
    for path, shape in expected_shapes(config).items():
        key = _key(path, within)
        if key not in arrays or arrays[key].shape != shape:
            received = arrays[key].shape if key in arrays else "nothing"
            raise WeightsError(
                f"{weights}: {key} must have the shape {shape}. Received: {received}. Load and "
                "save the preset again."
            )
        slots.append(Slot(path, key, slice(None), Rule(key, path)))
    lexicon = {}
    if (folder / PREPROCESSOR_FILE).is_file():
        _, lexicon = read_description(folder / PREPROCESSOR_FILE)
    return PublishedElmo(
        "preset of keras-elmo",
        config,
        LazyVariables(slots, arrays, str(weights)),
        lexicon.get("vocabulary"),
        characters=lexicon.get("characters"),
    )


def _key(path: str, within: str) -> str:
    """Where Keras keeps the variable `path`; `within` is the layer around words and characters."""
    for pattern, layer, variables in _PLACES:
        found = re.match(pattern, path)
        if found:
            number = int(found[1]) if found.groups() else 0
            name = layer.format(f"_{number}" if number else "")
            if within and not path.startswith("bilm/"):
                # Inside another layer, parts go by the names of its attributes.
                name = within + name.replace("character_cnn", "char_cnn")
                name = name.replace(f"{within}embedding", f"{within}word_embedding")
            return f"layers/{name}/vars/{variables.index(path.rpartition('/')[2])}"
    raise KeyError(path)
