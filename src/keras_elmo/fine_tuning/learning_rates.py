"""Discriminative learning rates: the nearer a layer is to the inputs, the less it moves."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras

from keras_elmo.fine_tuning.groups import (
    HEAD,
    WORD_VECTORS,
    check_groups,
    group_of,
    groups_of,
    is_elmo,
    pattern_of,
)
from keras_elmo.fine_tuning.lazy_adam import LazyAdam
from keras_elmo.fine_tuning.optimizer import GroupedOptimizer
from keras_elmo.fine_tuning.schedules import make_schedule

DECAY = 1 / 2.6  # Howard and Ruder 2018, §3.2
CLIP_NORM = 5.0


class ParameterGroup(NamedTuple):
    """A row of the parameter table; `learning_rate` is 0 for what does not train."""

    name: str
    parameters: int
    trainable: bool
    learning_rate: float


def discriminative_learning_rates(
    model: keras.Model,
    head: float = 1e-3,
    top: float = 1e-4,
    decay: float = DECAY,
    *,
    rates: Mapping[str, float] | None = None,
    weight_decay: float | Mapping[str, float] = 0.0,
    schedule: str = "constant",
    steps: int | None = None,
    offsets: Mapping[str, int] | None = None,
    clip_norm: float | None = CLIP_NORM,
    accumulate: int | None = None,
) -> GroupedOptimizer:
    """An optimizer that gives every layer group its own rate: AdamW, lazy for word vectors.

    Scaling the gradients of ELMo would do nothing under Adam, which divides by their size; the rate
    itself has to be smaller.

    Args:
        model: any model that holds an `ElmoBackbone`; its groups are those of
            [`layer_groups`][keras_elmo.fine_tuning.learning_rates.layer_groups].
        head: rate of the head, of mixes and of word vectors.
        top: rate of ELMo's top biLM layer.
        decay: of each layer below, down to the word layer: its rate is that of the layer above
            times this. 1 gives all of ELMo the same rate.
        rates: group → rate, instead of what follows from the above.
        weight_decay: as of AdamW, for all groups or by group (0 for those not named).
        schedule: `"constant"`, `"slanted_triangular"` or `"warmup_cosine"`, in every group from its
            own rate; see [`make_schedule`][keras_elmo.fine_tuning.schedules.make_schedule].
        steps: batches of the whole training, for a schedule that is not constant.
        offsets: group → batches of the training before its optimizer begins to count.
        clip_norm: bound on the norm of the gradients of all groups together; None for none.
        accumulate: batches whose gradients are averaged before a step.

    Raises:
        ValueError: a group that does not exist, a rate below zero, an unknown schedule.
    """
    groups = layer_groups(model)
    chosen = group_rates(groups, head, top, decay, rates)
    decays = dict(weight_decay) if isinstance(weight_decay, Mapping) else {}
    check_groups(decays, groups, "`weight_decay`")

    def optimizer(name: str) -> keras.optimizers.Optimizer:
        flat = 0.0 if isinstance(weight_decay, Mapping) else weight_decay
        kind = LazyAdam if name == WORD_VECTORS else keras.optimizers.AdamW
        return kind(
            make_schedule(schedule, chosen[name], steps, (offsets or {}).get(name, 0)),
            weight_decay=decays.get(name, flat),
            gradient_accumulation_steps=accumulate,
            name=name,
        )

    chosen.setdefault(HEAD, head)
    optimizers = {pattern_of(name): optimizer(name) for name in groups if name != HEAD}
    return GroupedOptimizer(keras.optimizers.OptimizerMap(optimizer(HEAD), optimizers), clip_norm)


def default_optimizer(
    model: Any, head: float, top: float, decay: float
) -> keras.optimizers.Optimizer:
    """What a task trains with unless told otherwise: Adam, lazy where there are word vectors.

    Args:
        model: a task; where its ELMo trains, each of its layers has an Adam of its own.
        head, top, decay: see `discriminative_learning_rates`.
    """
    if model.backbone.trainable:
        return discriminative_learning_rates(model, head, top, decay)
    kind = LazyAdam if model.word_vectors else keras.optimizers.Adam
    return kind(head, global_clipnorm=CLIP_NORM)


def group_rates(
    groups: Sequence[str],
    head: float,
    top: float,
    decay: float,
    rates: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """The rate of each group: see `discriminative_learning_rates`.

    Raises:
        ValueError: `rates` for a group that does not exist, or a rate below zero.
    """
    elmo = [name for name in groups if is_elmo(name)]
    chosen = dict.fromkeys(groups, head)
    chosen |= {name: top * decay**below for below, name in enumerate(reversed(elmo))}
    check_groups(rates or {}, groups, "`rates`")
    chosen |= rates or {}
    for name, rate in chosen.items():
        if rate < 0.0:
            raise ValueError(f"a learning rate must be at least 0. Received: {rate} for {name!r}")
    return chosen


def group_sizes(model: keras.Model) -> dict[str, int]:
    """The number of parameters of each group that can train, from the inputs to the head."""
    sizes = dict.fromkeys(layer_groups(model), 0)
    for variable in model.weights:
        if not _is_seed(variable):
            sizes[group_of(variable.path)] += math.prod(variable.shape)
    return sizes


def layer_groups(model: keras.Model) -> list[str]:
    """The names of a model's layer groups, from the inputs to the head.

    Example:
        >>> layer_groups(task)
        ['word_layer', 'bilm_1', 'bilm_2', 'mix', 'head']
    """
    return groups_of(variable.path for variable in model.weights if not _is_seed(variable))


def parameter_table(model: keras.Model) -> list[ParameterGroup]:
    """What trains at which rate: a row a group, from ELMo's word layer to the head.

    Args:
        model: any model that holds an `ElmoBackbone`; rates are those of the next batch, 0 where it
            is not compiled.
    """
    training = {id(variable) for variable in model.trainable_variables}
    groups: dict[tuple[str, bool, float], int] = {}
    for variable in model.weights:
        if _is_seed(variable):
            continue
        trainable = id(variable) in training
        rate = _learning_rate(model.optimizer, variable) if trainable else 0.0
        key = (group_of(variable.path), trainable, rate)
        groups[key] = groups.get(key, 0) + math.prod(variable.shape)
    order = layer_groups(model)
    rows = [
        ParameterGroup(name, size, trains, rate) for (name, trains, rate), size in groups.items()
    ]
    return sorted(rows, key=lambda row: order.index(row.name))


def _is_seed(variable: keras.Variable) -> bool:
    return "seed_generator" in variable.path


def _learning_rate(optimizer: keras.optimizers.Optimizer | None, variable: keras.Variable) -> float:
    if optimizer is None:
        return 0.0
    own: keras.optimizers.Optimizer = optimizer
    if isinstance(optimizer, keras.optimizers.MultiOptimizer):
        # Keras offers no public way from a variable to the optimizer it is assigned to.
        own = optimizer._optimizer_map(variable)
    return float(keras.ops.convert_to_numpy(own.learning_rate))
