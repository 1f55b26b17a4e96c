"""A backbone's variables by path: the bridge between Keras and the NumPy-only weight tables."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_elmo.layers.groups import elmo_group, join_group
from keras_elmo.layers.torch_state import as_torch_module
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.shapes import expected_shapes

ROOTS = ("char_cnn", "word_embedding", "word_projection", "bilm")


def variables_by_path(backbone: keras.Model) -> dict[str, keras.Variable]:
    """The weights of an `ElmoBackbone`, by the paths of `keras_elmo.weights.expected_shapes`.

    A Keras path may begin with the names of the layers around the backbone, whatever they are
    called; here it begins at one of `ROOTS`, the last one in it.
    """
    expected = expected_shapes(backbone.get_config())
    found = {_relative(variable.path): variable for variable in backbone.weights}
    return {path: found[path] for path in expected}


def without_values(build: Callable[[], Any], arrays: Mapping[str, np.ndarray] | None = None) -> Any:
    """Build a model whose weights are loaded next: nothing random is made first.

    At full size that spares 200 MiB and, on JAX, the seconds of compiling random generators.

    Args:
        build: makes the model; a task is not compiled by its constructor then.
        arrays: as of `assign_variables`; without them all are zeros until they are loaded.
    """
    frozen = []
    with keras.StatelessScope():  # until it ends, variables have no values
        model = build()
        for variable in model.weights:
            if variable._value is None:
                variable._initializer = _zeros
        if arrays is not None:
            assign_variables(model, arrays)
        # TensorFlow's tape never watches a variable that was made while it was frozen.
        for variable in (v for part in model._flatten_layers() for v in part._trainable_variables):
            if variable._value is None and not variable.trainable:
                variable.trainable = True
                frozen.append(variable)
    for variable in frozen:
        variable.trainable = False
    as_torch_module(model)
    return model


def has_values(model: keras.Model) -> bool:
    """Whether a model was built as usual, and not inside of `without_values`."""
    return all(variable._value is not None for variable in model.weights)


def is_loaded_by_keras() -> bool:
    """Whether `keras.saving.load_model` is at work, which fills what it has built."""
    state = import_module("keras.src.backend.common.global_state")
    return state.get_global_attribute("shared_objects/id_to_obj_map") is not None


def join_groups(backbone: keras.Model) -> None:
    """Let every weight of a backbone know its layer group."""
    for variable in backbone.weights:
        join_group([variable], elmo_group(_relative(variable.path)))


def assign_variables(backbone: keras.Model, arrays: Mapping[str, np.ndarray]) -> None:
    """Put arrays into the variables of a backbone, one at a time.

    Those of a backbone without values take theirs from `arrays` when they get one.

    Raises:
        WeightsError: a path is missing or surplus, or a shape differs.
    """
    variables = variables_by_path(backbone)
    if arrays.keys() != variables.keys():
        missing, surplus = variables.keys() - arrays.keys(), arrays.keys() - variables.keys()
        raise WeightsError(
            "The arrays must be exactly those of the backbone. "
            f"Received: missing {sorted(missing)}, surplus {sorted(surplus)}"
        )
    for path, variable in variables.items():
        if variable._value is None:
            variable._initializer = partial(_initial_value, arrays, path)
        else:
            variable.assign(_array(arrays, path, tuple(variable.shape)))


def arrays_by_path(backbone: keras.Model) -> dict[str, np.ndarray]:
    """Copies of a backbone's weights by path."""
    return {path: variable.numpy() for path, variable in variables_by_path(backbone).items()}


def _zeros(shape, dtype=None):
    return ops.convert_to_tensor(np.zeros(shape, np.float32), dtype)


def _initial_value(arrays, path, shape, dtype=None):
    return ops.convert_to_tensor(_array(arrays, path, tuple(shape)), dtype)


def _array(arrays: Mapping[str, np.ndarray], path: str, shape: tuple[int, ...]) -> np.ndarray:
    array = arrays[path]
    if array.shape != shape:
        raise WeightsError(f"{path} must have the shape {shape}. Received: {array.shape}")
    return array


def _relative(path: str) -> str:
    parts = path.split("/")
    starts = [i for i, part in enumerate(parts) if part in ROOTS]
    return "/".join(parts[starts[-1] if starts else 0 :])
