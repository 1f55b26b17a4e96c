"""Configurations in a folder's JSON files: every count in its range before anything is built."""

import math
from collections.abc import Iterator, Mapping
from reprlib import repr as short
from typing import Any, get_args

from keras_elmo._values import NUM_CHARACTERS, Tokenizer
from keras_elmo.weights.checked_values import (
    MOST_CHARACTERS,
    MOST_LAYERS,
    MOST_UNITS,
    CheckedValues,
    is_number,
    is_size,
)
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.options import ACTIVATIONS
from keras_elmo.weights.shapes import expected_shapes

BACKBONE, PREPROCESSOR = "ElmoBackbone", "ElmoPreprocessor"
_MOST_NUMBERS = 2**32  # of a whole ELMo: the original one has 94 million
_HINT = "Copy the folder once more, or save the model again."
_RATES = ("dropout", "weight_drop")
_MOST_TEXT = 10_000_000  # of a vocabulary: words
# Of a task: what makes a square matrix so many times, what makes a vector, what is only counted.
_SQUARES = {"lstm_units": 8, "hidden_units": 0, "modelling_units": 8, "decoder_units": 4}


def check_backbone(config: Any, where: str) -> dict[str, Any]:
    """The constructor arguments of an `ElmoBackbone`, if they can be.

    Raises:
        WeightsError: a value of another type or out of range, or a model beyond any memory.
    """
    get = _values(config, where)
    for name in ("projection_dim", "units", "char_embedding_dim"):
        get.size(name)
    get.size("num_layers", MOST_LAYERS)
    length = get.size("max_characters_per_token", MOST_CHARACTERS)
    for name in ("vocabulary_size", "word_dim", "batch_size", "num_characters"):
        if config.get(name) is not None:
            get.size(name)
    if config.get("vocabulary_size") is None or config.get("word_dim") is not None:
        get.filters("char_filters", length)
    allowed = f"a whole number up to {MOST_LAYERS:,}"
    get.checked("num_highways", lambda n: n == 0 or is_size(n, MOST_LAYERS), allowed)
    get.one_of("activation", ACTIVATIONS)
    get.one_of("encoder", ("bilm", "bilstm", None))  # older files have no such entry
    for name in ("cell_clip", "projection_clip"):
        get.clip(name)
    for name in _RATES:
        if config.get(name) is not None:
            get.number(name, 0.0, 1.0)
    if config.get("forget_bias") is not None:
        get.number("forget_bias")
    for name in ("use_skip_connections", "lstm_projection", "keep_boundaries", "stateful"):
        get.flag(name)
    get.checked("name", lambda name: name is None or isinstance(name, str), "a string")
    most = config.get("num_characters") or NUM_CHARACTERS
    get.checked("boundaries", lambda ids: ids is None or _are_ids(ids, most), "two lists of ids")
    try:
        numbers = numbers_of_backbone(config)
    except ValueError as error:  # sizes that do not go together
        raise WeightsError(f"{where}: {error}") from error
    if numbers > _MOST_NUMBERS:
        raise WeightsError(
            f"{where}: an ELMo must have at most {_MOST_NUMBERS:,} parameters. Received sizes of "
            f"{numbers:,}. {_HINT}"
        )
    return config


def check_preprocessor(config: Any, where: str) -> dict[str, Any]:
    """The constructor arguments of an `ElmoPreprocessor`, if they can be.

    Raises:
        WeightsError: a value of another type or out of range.
    """
    get = _values(config, where)
    get.one_of("tokenizer", get_args(Tokenizer))
    get.size("max_characters_per_token", MOST_CHARACTERS)
    for name in ("vocabulary", "characters", "word_vocabulary"):
        get.strings(name)
    get.flag("word_shapes")
    return config


def check_task(config: Any, where: str) -> dict[str, Any]:
    """The constructor arguments of a task, as far as all tasks have them.

    Its ELMo and its preprocessor are among them, and nothing else that would be built.

    Raises:
        WeightsError: a value of another type or out of range.
    """
    get = _values(config, where)
    parts = {"backbone": BACKBONE, "preprocessor": PREPROCESSOR}
    for part, class_name in parts.items():
        found = config.get(part)
        if part == "preprocessor" and found is None:
            continue
        if not isinstance(found, dict) or found.get("class_name") != class_name:
            raise WeightsError(
                f"{where}: {part} must describe an {class_name}. Received: {short(found)}. {_HINT}"
            )
        check = check_backbone if part == "backbone" else check_preprocessor
        check(found.get("config"), f"{where}: {part}")
    get.checked("labels", _are_labels, "a list of strings or numbers")
    for name, value in _leaves(config, skip=parts):
        if isinstance(value, dict) and ("class_name" in value or "registered_name" in value):
            raise WeightsError(
                f"{where}: {name} must be a plain value. Received: {short(value)}. {_HINT}"
            )
        if not _is_usual(value):
            raise WeightsError(
                f"{where}: {name} must be a finite number, a whole one below 2³¹. Received: "
                f"{short(value)}. {_HINT}"
            )
    for name in (*_SQUARES, "word_embedding_dim", "word_shape_dim", "symbol_dim", "character_dim"):
        for size in _as_list(config.get(name)):
            if not is_size(size, MOST_UNITS):
                raise WeightsError(
                    f"{where}: {name} must be whole numbers from 1 to {MOST_UNITS:,}. Received: "
                    f"{short(size)}. {_HINT}"
                )
    if len(_as_list(config.get("lstm_units"))) > MOST_LAYERS:
        raise WeightsError(f"{where}: lstm_units must be at most {MOST_LAYERS} numbers. {_HINT}")
    return config


def numbers_of_backbone(config: Mapping[str, Any]) -> int:
    """How many parameters an ELMo has."""
    return sum(map(math.prod, expected_shapes(config).values()))


def least_numbers_of_head(config: Mapping[str, Any]) -> int:
    """How many parameters at least the head of a task has that `check_task` let pass."""
    numbers = 0
    for name, times in _SQUARES.items():
        numbers += sum(times * size * size for size in _as_list(config.get(name)))
    words = ((config.get("preprocessor") or {}).get("config") or {}).get("word_vocabulary")
    numbers += (config.get("word_embedding_dim") or 0) * len(words or ())
    for name in ("hidden_units", "word_shape_dim", "symbol_dim"):
        numbers += sum(_as_list(config.get(name)))
    return numbers


def _values(config: Any, where: str) -> CheckedValues:
    if not isinstance(config, dict):
        raise WeightsError(
            f"{where}: must have an object 'config'. Received: {short(config)}. {_HINT}"
        )
    return CheckedValues(config, where, "argument", _HINT)


def _leaves(config: Mapping[str, Any], skip: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every value but the strings, with the argument that it is in; lists and dicts among them."""
    for name, value in config.items():
        waiting = [] if name in skip else [value]
        while waiting:
            inner = waiting.pop()
            if isinstance(inner, dict | list):
                waiting += inner.values() if isinstance(inner, dict) else inner
            if not isinstance(inner, str):
                yield name, inner


def _is_usual(value: Any) -> bool:
    """Whether this is no number, or one that a task may have."""
    if type(value) not in (int, float):
        return True
    return is_number(value) and (isinstance(value, float) or abs(value) < 2**31)


def _are_ids(value: Any, most: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(
            isinstance(ids, list)
            and len(ids) <= MOST_CHARACTERS + 1
            and all(type(i) is int and 0 <= i <= MOST_UNITS for i in ids)
            for ids in value
        )
    )


def _are_labels(value: Any) -> bool:
    """A list, or a dict of them, as of a joint tagger."""
    parts = list(value.values()) if isinstance(value, dict) else [value]
    return all(
        isinstance(part, list)
        and len(part) <= _MOST_TEXT
        and all(isinstance(label, str | bool) or is_number(label) for label in part)
        for part in parts
    )


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
