"""bilm-tf and AllenNLP: `*_weights.hdf5` with `*_options.json`, for character and for word input.

The LSTM arrays keep the file's gate order along 4D (i, j, f, o), and its biases as they are: 1 is
added to the forget gate at run time.
"""

import json
import re
from collections import ChainMap
from collections.abc import Mapping, MutableMapping, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, cast

import numpy as np

from keras_elmo.files.new_file import new_file
from keras_elmo.files.new_folder import new_folder
from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.hdf5 import Hdf5Array, create_hdf5, list_arrays
from keras_elmo.weights.options import (
    config_from_options,
    disagreements,
    options_from_config,
    read_options,
)
from keras_elmo.weights.shapes import DIRECTIONS, Shape, expected_shapes
from keras_elmo.weights.table import Rule, Table, differences, listing

CELL_0 = "RNN_0/RNN/MultiRNNCell/Cell0/LSTMCell"
ONE_LAYER = re.compile(r"^(RNN_[01]/RNN)/(LSTMCell/)")  # the second spelling


def _below_mask_row(stored: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros_like(stored[:1]), stored])


def _without_mask_row(rows: np.ndarray) -> np.ndarray:
    return rows[1:]  # row 0 stands for masked steps, whose output is zeroed whatever it holds


def _lstm_rules(number: int, direction: str) -> list[Rule]:
    cell, path = f"RNN_{number}/RNN/MultiRNNCell/Cell{{l}}/LSTMCell", f"bilm/{direction}_{{l}}"
    return [
        Rule(f"{cell}/W_0", f"{path}/kernel"),  # the rows for x stand above
        Rule(f"{cell}/W_0", f"{path}/recurrent_kernel"),  # the rows for h
        Rule(f"{cell}/B", f"{path}/bias"),
        Rule(f"{cell}/W_P_0", f"{path}/projection_kernel"),
    ]


TOKEN_RULES = (
    Rule("char_embed", "char_cnn/char_embedding/embeddings", _below_mask_row, _without_mask_row),
    Rule("embedding", "word_embedding/embeddings", _below_mask_row, _without_mask_row),
    Rule("CNN/W_cnn_{i}", "char_cnn/conv_{i}/kernel", lambda w: w[0], lambda w: w[None]),
    Rule("CNN/b_cnn_{i}", "char_cnn/conv_{i}/bias"),
    Rule("CNN_high_{k}/W_carry", "char_cnn/highway_{k}/carry/kernel"),
    Rule("CNN_high_{k}/b_carry", "char_cnn/highway_{k}/carry/bias"),
    Rule("CNN_high_{k}/W_transform", "char_cnn/highway_{k}/transform/kernel"),
    Rule("CNN_high_{k}/b_transform", "char_cnn/highway_{k}/transform/bias"),
    Rule("CNN_proj/W_proj", "char_cnn/projection/kernel"),
    Rule("CNN_proj/b_proj", "char_cnn/projection/bias"),
)
RULES = (
    *TOKEN_RULES,
    *(rule for number, name in enumerate(DIRECTIONS) for rule in _lstm_rules(number, name)),
)
TABLE = Table(RULES)
# With word embeddings from a file of their own, the weights may still hold the character CNN that
# made them.
TABLE_BESIDE_EMBEDDINGS = Table(RULES, ignored=(r"char_embed", r"CNN(_\w+)?/.*"))


def load_bilm_tf(
    weights_path: str | PathLike[str],
    options_path: str | PathLike[str],
    embedding_path: str | PathLike[str] | None = None,
) -> tuple[dict[str, Any], Mapping[str, np.ndarray]]:
    """Read a published ELMo: its configuration, and its variables as they are asked for.

    Everything is checked here, from the files' keys and shapes alone. The mapping reads an array
    anew at each access and keeps none, so a loop over it holds one variable at a time.

    Args:
        weights_path: `*_weights.hdf5`. One-layer models may use either spelling of their keys.
        options_path: `*_options.json`. Without `char_cnn` in it, the model takes words.
        embedding_path: HDF5 file whose array `embedding` (V, P) holds one row per word of the
            vocabulary. With it the model takes words, and a character CNN in the weights is unused.

    Returns:
        `ElmoBackbone`'s constructor arguments, and a mapping from variable path to float32 array
        with the paths and shapes of `expected_shapes(config)`.

    Raises:
        FileNotFoundError: a file is missing.
        WeightsError: a file is not HDF5, damaged or not JSON; an option is impossible; a key is
            missing, surplus or misshapen; the options disagree with the weights.

    Example:
        >>> config, variables = load_bilm_tf("elmo_weights.hdf5", "elmo_options.json")
        >>> variables["bilm/forward_0/bias"].shape, config["units"]
        ((16384,), 4096)
    """
    weights, options = Path(weights_path), Path(options_path)
    stated = read_options(options)
    if embedding_path is not None:
        stated["char_cnn"] = None  # these words' vectors stand in for it
    config = config_from_options(stated, where=str(options))
    table = TABLE
    arrays = _with_usual_keys(list_arrays(weights))
    if embedding_path is not None:
        table = TABLE_BESIDE_EMBEDDINGS
        arrays |= list_arrays(Path(embedding_path))
    arrays = {key: arrays[key] for key in table.useful(arrays)}
    shapes = {key: array.shape for key, array in arrays.items()}

    if stated.get("char_cnn") is None:
        config["vocabulary_size"] = _vocabulary_size(shapes, embedding_path or weights, options)
    # Only the weights can tell whether D = P means no projection or a square one.
    config["lstm_projection"] |= f"{CELL_0}/W_P_0" in arrays
    layout = table.layout(expected_shapes(config))
    if problems := differences(layout.shapes, shapes):
        raise WeightsError(
            f"{weights}: must hold exactly the model that {options} describes. Received:"
            f"{listing([*disagreements(stated, shapes), *problems])}\n"
            "Use the options file that was published with these weights."
        )
    return config, layout.load(arrays, str(weights))


def save_bilm_tf(
    config: Mapping[str, Any],
    variables: Mapping[str, Any],
    weights_path: str | PathLike[str],
    options_path: str | PathLike[str],
) -> None:
    """Write an ELMo as weights and options that bilm-tf and AllenNLP read.

    Both files are written beside their places and renamed at the end: on an error neither changes.
    One-layer models get the keys of a first layer among several, where both readers look for them.
    Readers add 1 to the forget gates: where the model adds another `forget_bias`, the difference
    goes into the biases.

    Args:
        config: `ElmoBackbone`'s constructor arguments.
        variables: variable path → array of any dtype (stored as float32), with the paths and shapes
            of `expected_shapes(config)`.
        weights_path: HDF5 file to write.
        options_path: JSON file to write.

    Raises:
        WeightsError: a variable is missing, surplus or misshapen.
        OSError: a file cannot be written.

    Example:
        >>> save_bilm_tf(config, variables, "weights.hdf5", "options.json")
    """
    weights, options = Path(weights_path), Path(options_path)
    text = json.dumps(options_from_config(config))
    shapes = expected_shapes(config)
    received = {path: tuple(np.shape(array)) for path, array in variables.items()}
    if problems := differences(shapes, received):
        raise WeightsError(
            f"{weights}: the variables must be exactly those of the configuration. Received:"
            f"{listing(problems)}\nGive config and variables of one and the same model."
        )
    with new_file(options, overwrite=True) as new_options, create_hdf5(weights) as file:
        published = _with_forget_bias_of_one(variables, config)
        TABLE.layout(shapes).save(published, partial(file.create_dataset, dtype=np.float32))
        new_options.write_text(text, encoding="utf-8")


def save_published_folder(
    config: Mapping[str, Any],
    variables: Mapping[str, Any],
    folder: str | PathLike[str],
    words: Sequence[str] | None = None,
) -> None:
    """Write `weights.hdf5`, `options.json` and for word input `vocab.txt` into a new folder.

    Raises:
        FileExistsError: there is something of that name.
        WeightsError: see `save_bilm_tf`.
    """
    with new_folder(folder) as path:
        save_bilm_tf(config, variables, path / "weights.hdf5", path / "options.json")
        if words:
            Vocabulary(words).save(path / "vocab.txt")


def _with_forget_bias_of_one(
    variables: Mapping[str, Any], config: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The variables of a model that adds `forget_bias`, as those of one that adds 1."""
    more = np.float32(config.get("forget_bias", 1.0) - 1.0)
    if not more:
        return variables
    changed = {}
    for path in variables:
        if re.fullmatch(r"bilm/\w+/bias", path):
            first, candidate, forget, output = np.split(np.asarray(variables[path], np.float32), 4)
            changed[path] = np.concatenate([first, candidate, forget + more, output])
    return ChainMap(
        changed, cast("MutableMapping[str, Any]", variables)
    )  # the others are still read one at a time


def _with_usual_keys(arrays: Mapping[str, Hdf5Array]) -> dict[str, Hdf5Array]:
    """Rename the keys of one-layer models to those of a first layer among several."""
    usual = {key: ONE_LAYER.sub(r"\1/MultiRNNCell/Cell0/\2", key) for key in arrays}
    # Should a file hold both spellings, the second keeps its name and is reported as surplus.
    return {key if usual[key] in arrays else usual[key]: array for key, array in arrays.items()}


def _vocabulary_size(
    shapes: Mapping[str, Shape], holder: str | PathLike[str], options: Path
) -> int:
    shape = shapes.get("embedding", ())
    if len(shape) != 2 or shape[0] == 0:
        raise WeightsError(
            f"{holder}: must hold 'embedding' (V, P) for a model that takes words. Received: "
            f"{shape or 'no such key'}. Give embedding_path, or for a model that takes characters "
            f"an options file with 'char_cnn' in place of {options}."
        )
    return shape[0]
