"""Tasks from presets: a trained one, or a new one on an ELMo with its word vectors."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from keras_elmo.elmo.loading import load_backbone_and_preprocessor
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.elmo.saving import read_object, read_weights
from keras_elmo.elmo.variables import without_values
from keras_elmo.elmo.word_vectors import load_word_vectors
from keras_elmo.text.vocabulary import MARKS
from keras_elmo.weights.language_model import has_language_model
from keras_elmo.weights.sources.presets import (
    OWN_VECTORS,
    TASK_FILE,
    TASK_WEIGHTS_FILE,
    WEIGHTS_FILE,
    is_preset,
)

AUTO = "auto"
_INSTEAD = ("word_embedding_dim", "source_characters")  # with these, its words are of no use
NEW_WORDS = 5_000  # of the training data, without a vector to begin with

WordVectors = tuple[Sequence[str], np.ndarray]


def task_from(
    task_class: type[Any],
    preset: Path,
    options: str | PathLike[str] | None,
    load_weights: bool,
    word_vectors: WordVectors | str | None,
    arguments: dict[str, Any],
) -> Any:
    """What `from_preset` of [`ElmoTask`][keras_elmo.tasks.task.ElmoTask] returns."""
    if is_preset(preset) and (preset / TASK_FILE).is_file():
        if word_vectors not in (None, AUTO):
            raise ValueError(
                f"`word_vectors` are for a new task. Received: {preset}, which holds a trained one "
                "with its own"
            )
        if not load_weights:
            return read_object(preset, TASK_FILE, task_class, **arguments)
        task = without_values(lambda: read_object(preset, TASK_FILE, task_class, **arguments))
        task.compile()
        read_weights(task.backbone, preset / WEIGHTS_FILE)
        read_weights(task, preset / TASK_WEIGHTS_FILE, without=[task.backbone])
        task.load_assets(preset)
        return task
    policy = {name: arguments[name] for name in ("dtype",) if arguments.get(name) is not None}
    backbone, preprocessor = load_backbone_and_preprocessor(
        preset, options=options, load_weights=load_weights, **policy
    )
    if "preprocessor" not in arguments:
        arguments["word_shape_dim"] = arguments.get("word_shape_dim", task_class.shape_dim) or None
        if arguments["word_shape_dim"]:
            preprocessor = with_word_shapes(preprocessor)
    if word_vectors == AUTO:
        given_before = any(arguments.get(name) is not None for name in _INSTEAD)
        has_own = load_weights and "preprocessor" not in arguments and has_language_model(preset)
        word_vectors = OWN_VECTORS if has_own and not given_before else None
    if word_vectors is None:
        return task_class(backbone, **{"preprocessor": preprocessor, **arguments})
    given = _read_word_vectors(preset, word_vectors)
    parts = word_vector_arguments(preprocessor, given)
    if "preprocessor" in arguments:  # whose words are those that are wanted
        parts["new_words"] = 0
    task = task_class(backbone, **{**parts, **arguments})
    task.set_word_vectors(*given)
    return task


def with_word_shapes(preprocessor: ElmoPreprocessor) -> ElmoPreprocessor:
    """A preprocessor that gives the shapes of words, too."""
    return ElmoPreprocessor.from_config(preprocessor.get_config() | {"word_shapes": True})


def word_vector_arguments(preprocessor: ElmoPreprocessor, given: WordVectors) -> dict[str, Any]:
    """Arguments of a task whose words are those of some vectors and of its training data."""
    words, vectors = given
    config = preprocessor.get_config() | {"word_vocabulary": list(dict.fromkeys([*MARKS, *words]))}
    return {
        "preprocessor": ElmoPreprocessor.from_config(config),
        "word_embedding_dim": vectors.shape[1],
        "new_words": NEW_WORDS,
    }


def _read_word_vectors(preset: Path, wanted: WordVectors | str) -> WordVectors:
    if not isinstance(wanted, str):
        return wanted
    if wanted != OWN_VECTORS:
        raise ValueError(
            f"`word_vectors` must be {OWN_VECTORS!r}, for those of the preset's language model, or "
            f"words with their vectors, such as `read_word_vectors` returns. Received: {wanted!r}"
        )
    return load_word_vectors(preset)
