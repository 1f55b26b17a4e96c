"""ELMoForManyLangs: `token_embedder.pkl`, `encoder.pkl` and the ids of characters and words.

Models read characters, words, or both. Biases are used as they are. Of the two encoders `elmo` is a
biLM whose layers above the first always add their input, `lstm` an `nn.LSTM` with a projection.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import EllipsisType
from typing import Any

import numpy as np

from keras_elmo.files.json_files import read_object
from keras_elmo.text.unicode_characters import UnicodeCharacterEncoder
from keras_elmo.text.vocabulary import MARKS, Vocabulary
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.bilm_tf import TOKEN_RULES
from keras_elmo.weights.formats.torch_file import list_tensors
from keras_elmo.weights.formats.torch_rules import bilstm_rules, cnn_rules, lstm_rules, transposed
from keras_elmo.weights.options import config_from_options
from keras_elmo.weights.shapes import DIRECTIONS, Shape, expected_shapes
from keras_elmo.weights.sources.published import PublishedElmo
from keras_elmo.weights.table import Rule, Source, Table, differences, listing

TOKEN_FILE, ENCODER_FILE = "token_embedder.pkl", "encoder.pkl"
_WORDS = "token_embedder/word_emb_layer.embedding.weight"
_CHARACTERS = "token_embedder/char_emb_layer.embedding.weight"
_PROJECTION = "token_embedder/projection.weight"
_LSTM = "encoder/encoder."  # what nn.LSTM's tensors begin with
_WORD_MARKS = ("<bos>", "<eos>", "<oov>")  # in the order of ours
_BELOW_MASK_ROW, _WITHOUT_MASK_ROW = TOKEN_RULES[0].load, TOKEN_RULES[0].save
TABLE = Table(
    (
        Rule(_WORDS, "word_embedding/embeddings", _BELOW_MASK_ROW, _WITHOUT_MASK_ROW),
        Rule(_CHARACTERS, "char_cnn/char_embedding/embeddings", _BELOW_MASK_ROW, _WITHOUT_MASK_ROW),
        *cnn_rules("token_embedder/convolutions.{i}", "token_embedder/highways._layers.{k}"),
        # Given here as its transpose, in which the rows of the word stand above the characters'.
        Rule(_PROJECTION, "word_projection/kernel"),
        Rule(_PROJECTION, "char_cnn/projection/kernel"),
        Rule("token_embedder/projection.bias", "char_cnn/projection/bias"),
        *(rule for direction in DIRECTIONS for rule in lstm_rules("encoder/", direction)),
        *bilstm_rules(_LSTM),
        Rule("encoder/projection.weight", "bilm/projection/kernel", transposed, transposed),
        Rule("encoder/projection.bias", "bilm/projection/bias"),
    )
)


@dataclass(frozen=True)
class _Derived:
    """An array that is computed from others when it is read."""

    shape: Shape
    compute: Callable[[], np.ndarray]

    def __getitem__(self, rows: slice | EllipsisType) -> np.ndarray:
        return self.compute()[rows]


def is_many_langs(folder: Path) -> bool:
    """Whether a folder holds a model of ELMoForManyLangs's, or a part of one."""
    return (folder / TOKEN_FILE).is_file() or (folder / ENCODER_FILE).is_file()


def load_many_langs(folder: Path) -> PublishedElmo:
    """Read a model's folder.

    Raises:
        FileNotFoundError: a file is missing.
        WeightsError: a file is damaged; a tensor is missing, surplus or misshapen.
    """
    arrays: dict[str, Source] = {
        f"{name.removesuffix('.pkl')}/{key}": array
        for name in (TOKEN_FILE, ENCODER_FILE)
        for key, array in list_tensors(folder / name).items()
    }
    _add_biases(arrays)
    words = _read_words(folder, arrays)
    characters = (
        _read_ids(folder / "char.dic", arrays[_CHARACTERS]) if _CHARACTERS in arrays else None
    )
    if _PROJECTION in arrays:
        array = arrays[_PROJECTION]
        arrays[_PROJECTION] = _Derived(
            tuple(array.shape[::-1]), lambda array=array: np.asarray(array[...]).T
        )
    shapes = {key: tuple(array.shape) for key, array in arrays.items()}
    config = _config(folder, shapes)
    if characters is not None:
        config["boundaries"] = _boundaries(folder, characters, words, config)
    layout = TABLE.layout(expected_shapes(config))
    if problems := differences(layout.shapes, shapes):
        raise WeightsError(
            f"{folder}: must hold one whole model of ELMoForManyLangs. Received:{listing(problems)}"
        )
    return PublishedElmo(
        "model of ELMoForManyLangs",
        config,
        layout.load(arrays, str(folder)),
        words,
        characters=characters,
    )


def _boundaries(
    folder: Path, characters: list[str], words: list[str] | None, config: Mapping[str, Any]
) -> list[list[int]]:
    """Ids of the sentence's boundaries; an error where characters or words cannot be encoded."""
    try:
        vocabulary = Vocabulary(words) if words else None
        width = config["max_characters_per_token"]
        encoder = UnicodeCharacterEncoder(characters, vocabulary, width)
    except ValueError as error:
        raise WeightsError(
            f"{folder}: char.dic and word.dic must have all marks, and each word once. "
            f"Received: {error}"
        ) from error
    return [encoder.bos.tolist(), encoder.eos.tolist()]


def _config(folder: Path, shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """What the shapes tell, and the rest from the model's settings or as published."""
    stated = _settings(folder)
    encoder, embedder = stated.get("encoder", {}), stated.get("token_embedder", {})
    is_lstm = f"{_LSTM}weight_ih_l0" in shapes
    if is_lstm:
        projection = shapes.get("encoder/projection.weight", (0, 0))
        layers = {key for key in shapes if re.fullmatch(rf"{_LSTM}weight_ih_l\d+", key)}
    else:
        projection = shapes.get("encoder/forward_layer_0.state_projection.weight", (0, 0))
        layers = {key.split(".")[0] for key in shapes if key.startswith("encoder/forward_layer_")}
    kernels = [
        shapes[key]
        for i in range(len(shapes))
        if len(shapes.get(key := f"token_embedder/convolutions.{i}.weight", ())) == 3
    ]
    highways = {key.split(".")[2] for key in shapes if "/highways._layers." in key}
    options: dict[str, Any] = {
        "lstm": {
            "cell_clip": encoder.get("cell_clip", 3),
            "proj_clip": encoder.get("proj_clip", 3),
            "projection_dim": projection[0],
            "dim": projection[-1],
            "n_layers": len(layers),
            "use_skip_connections": True,
        },
        "char_cnn": {
            "activation": embedder.get("activation", "relu"),
            "max_characters_per_token": embedder.get("max_characters_per_token", 50),
            "embedding": {"dim": shapes.get(_CHARACTERS, (0, 0))[-1]},
            "filters": [[width, count] for count, _, width in kernels],
            "n_highway": len(highways),
        },
    }
    if _CHARACTERS not in shapes:
        options["char_cnn"] = None
    config = config_from_options(options, str(folder))
    config |= {"forget_bias": 0.0, "lstm_projection": True}
    if is_lstm:
        config["encoder"] = "bilstm"
    if _CHARACTERS in shapes:
        config["num_characters"] = shapes[_CHARACTERS][0] + 1  # row 0 masks a time step
    if _WORDS in shapes:
        config["vocabulary_size"], word_dim = shapes[_WORDS]
        config["word_dim"] = word_dim if _CHARACTERS in shapes else None
    return config


def _settings(folder: Path) -> dict[str, Any]:
    """The settings that `config.json` names by a path of another machine; {} without them."""
    try:
        named = read_object(folder / "config.json").get("config_path", "")
        path = folder / str(named).replace("\\", "/").rpartition("/")[2]
        found = read_object(path) if path.is_file() else {}
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        raise WeightsError(
            f"{folder}: config.json and the settings it names must be JSON objects. "
            f"Received: {error}"
        ) from error
    parts = [found.get(name, {}) for name in ("encoder", "token_embedder")]
    if not all(isinstance(part, dict) for part in parts):
        raise WeightsError(
            f"{folder}: the settings must have objects 'encoder' and 'token_embedder'. "
            f"Received: {found!r:.80}"
        )
    return found


def _read_words(folder: Path, arrays: dict[str, Source]) -> list[str] | None:
    """The words in our order, and their rows of the table put into the same order.

    A model of words alone has one table in the end: each vector with the projection behind it.
    """
    if _WORDS not in arrays:
        return None
    table = arrays[_WORDS]
    found = _read_ids(folder / "word.dic", table)
    places = {word: place for place, word in enumerate(found)}
    if missing := [mark for mark in _WORD_MARKS if mark not in places]:
        raise WeightsError(
            f"{folder / 'word.dic'}: must have {' '.join(_WORD_MARKS)}. Received: no "
            f"{' '.join(missing)}"
        )
    others = [word for word in found if word not in (*_WORD_MARKS, *MARKS)]
    rows = np.array([places[word] for word in (*_WORD_MARKS, *others)])

    def ordered() -> np.ndarray:
        return np.asarray(table[...])[rows]

    shape = (len(rows), *table.shape[1:])
    arrays[_WORDS] = _Derived(shape, ordered)
    if _CHARACTERS not in arrays and _PROJECTION in arrays:
        weight, bias = arrays.pop(_PROJECTION), arrays.pop("token_embedder/projection.bias")
        arrays[_WORDS] = _Derived(
            (len(rows), weight.shape[0]),
            lambda: ordered() @ np.asarray(weight[...]).T + np.asarray(bias[...]),
        )
    return [*MARKS, *others]


def _add_biases(arrays: dict[str, Source]) -> None:
    """Each `nn.LSTM` has two biases that are only ever added: one is enough."""
    for key in [key for key in arrays if key.startswith(f"{_LSTM}bias_ih_")]:
        other = key.replace("bias_ih_", "bias_hh_")
        first, second = arrays[key], arrays.get(other)
        if second is not None and tuple(first.shape) == tuple(second.shape):
            del arrays[other]
            arrays[key] = _Derived(
                tuple(first.shape),
                lambda a=first, b=second: np.asarray(a[...]) + np.asarray(b[...]),
            )


def _read_ids(path: Path, table: Source) -> list[str]:
    """The tokens of a file `token<TAB>id`, in the order of their ids: one for each row of a table.

    Raises:
        WeightsError: other ids than the table has rows.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file. It is part of the model.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise WeightsError(f"{path}: must be UTF-8 text. Received: {error}") from error
    found: dict[int, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line:
            continue
        *tokens, place = line.rstrip("\r").split("\t")
        # A line with an id alone stands for the ideographic space, which was stripped.
        token = tokens[0] if tokens else "\u3000"
        if len(tokens) > 1 or not place.isdecimal() or int(place) in found:
            raise WeightsError(
                f"{path}, line {number}: must be a token, a tab and an id of its own. "
                f"Received: {line!r:.80}"
            )
        found[int(place)] = token
    if sorted(found) != list(range(table.shape[0])):
        raise WeightsError(
            f"{path}: must have the ids 0 to {table.shape[0] - 1:,}, a row of the table each. "
            f"Received: {len(found):,} ids up to {max(found, default=-1):,}"
        )
    return [found[place] for place in range(len(found))]
