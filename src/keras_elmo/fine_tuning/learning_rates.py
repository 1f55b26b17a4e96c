"""ELMo at its own, smaller learning rate beside the head's."""

import re
from typing import NamedTuple

import keras

from keras_elmo.elmo.variables import ROOTS
from keras_elmo.weights.shapes import elmo_group

# Matches the path of an ELMo variable whatever models stand around the backbone.
ELMO_VARIABLES = rf"(.*/)?({'|'.join(ROOTS)})/.*"

# The first pattern found in a variable's path names its group, unless it is one of ELMo's.
_GROUPS = (
    (r"(^|/)(elmo_mix|output_mix)/", "mix"),
    (r"(^|/)word_vectors/", "word vectors"),
    (r"", "head"),
)


class ParameterGroup(NamedTuple):
    """A row of the parameter table; `learning_rate` is 0 for what does not train."""

    name: str
    parameters: int
    trainable: bool
    learning_rate: float


def two_rate_optimizer(
    learning_rate: float, elmo_learning_rate: float, clip_norm: float | None = 5.0
) -> keras.optimizers.Optimizer:
    """Adam for the head and a second Adam for every ELMo variable.

    Scaling the gradients of ELMo would do nothing under Adam, which divides by their size; the rate
    itself has to be smaller.

    Args:
        learning_rate: of the head.
        elmo_learning_rate: of character CNN and biLM.
        clip_norm: bound on the norm of the gradients of each of the two groups, None for none.
    """
    head = keras.optimizers.Adam(learning_rate, global_clipnorm=clip_norm)
    elmo = keras.optimizers.Adam(elmo_learning_rate, global_clipnorm=clip_norm)
    return keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(head, {ELMO_VARIABLES: elmo})
    )


def parameter_table(model: keras.Model) -> list[ParameterGroup]:
    """What trains at which rate: a row a group, from ELMo's word layer to the head.

    Args:
        model: any model that holds an `ElmoBackbone`; rates are 0 where it is not compiled.
    """
    training = {id(variable) for variable in model.trainable_variables}
    groups: dict[tuple[str, bool, float], int] = {}
    for variable in model.weights:
        if not variable.shape and "seed" in variable.path:
            continue
        trainable = id(variable) in training
        rate = _learning_rate(model.optimizer, variable) if trainable else 0.0
        key = (_group(variable.path), trainable, rate)
        size = 1
        for length in variable.shape:
            size *= length
        groups[key] = groups.get(key, 0) + size
    rows = [
        ParameterGroup(name, size, trains, rate) for (name, trains, rate), size in groups.items()
    ]
    return sorted(rows, key=lambda row: _place(row.name))


def _group(path: str) -> str:
    names = (name for pattern, name in _GROUPS if re.search(pattern, path))
    return elmo_group(path) or next(names)


def _place(name: str) -> tuple[int, str]:
    """From the inputs to the head."""
    order = ["ELMo word", "ELMo biLM", *(name for _, name in _GROUPS)]
    return next(i for i, start in enumerate(order) if name.startswith(start)), name


def _learning_rate(optimizer: keras.optimizers.Optimizer | None, variable: keras.Variable) -> float:
    if optimizer is None:
        return 0.0
    own: keras.optimizers.Optimizer = optimizer
    if isinstance(optimizer, keras.optimizers.MultiOptimizer):
        # Keras offers no public way from a variable to the optimizer it is assigned to.
        own = optimizer._optimizer_map(variable)
    return float(keras.ops.convert_to_numpy(own.learning_rate))
