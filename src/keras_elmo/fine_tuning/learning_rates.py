"""Discriminative learning rates: the nearer a layer is to the inputs, the less it moves."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras

from keras_elmo.fine_tuning.groups import (
    CLIP_NORM,
    DECAY,
    ELMO_LEARNING_RATE,
    LEARNING_RATE,
    check_groups,
    groups_of,
    is_elmo,
)
from keras_elmo.fine_tuning.lazy_adam import LazyAdam
from keras_elmo.fine_tuning.optimizer import GroupedOptimizer, LayerGroupMap, own_optimizer
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.fine_tuning.schedules import Rate, check_rate, make_schedule, scaled
from keras_elmo.layers.groups import HEAD, WORD_VECTORS, group_of


class ParameterGroup(NamedTuple):
    """A row of the parameter table; `learning_rate` is 0 for what does not train."""

    name: str
    parameters: int
    trainable: bool
    learning_rate: float


def discriminative_learning_rates(
    model: keras.Model,
    head: Rate = LEARNING_RATE,
    top: Rate = ELMO_LEARNING_RATE,
    decay: float = DECAY,
    *,
    rates: Mapping[str, Rate] | None = None,
    weight_decay: float | Mapping[str, float] = 0.0,
    schedule: str = "constant",
    steps: int | None = None,
    clip_norm: float | None = CLIP_NORM,
    accumulate: int | None = None,
) -> GroupedOptimizer:
    """An optimizer that gives every layer group its own rate: AdamW, lazy for word vectors.

    Scaling the gradients of ELMo would do nothing under Adam, which divides by their size; the rate
    itself has to be smaller.

    A rate is a number or one of Keras's schedules, such as `CosineDecay(1e-5, 1000)`.

    Args:
        model: any model that holds an `ElmoBackbone`; its groups are those of
            [`layer_groups`][keras_elmo.fine_tuning.learning_rates.layer_groups].
        head: rate of the head, of mixes and of word vectors.
        top: rate of ELMo's top biLM layer.
        decay: of each layer below, down to the word layer: its rate is that of the layer above
            times this. 1 gives all of ELMo the same rate.
        rates, weight_decay, schedule, clip_norm, accumulate: as of
            [`Recipe`][keras_elmo.fine_tuning.recipes.Recipe].
        steps: number of batches of the whole training, for a schedule that is not constant.

    Raises:
        ValueError: a group that does not exist, a rate below zero, an unknown schedule, or one for
            a rate that is a schedule.
    """
    recipe = Recipe(
        learning_rate=head,
        elmo_learning_rate=top,
        elmo_rate_decay=decay,
        rates=rates or {},
        schedule=schedule,
        weight_decay=weight_decay,
        clip_norm=clip_norm,
        accumulate=accumulate,
    )
    return recipe_optimizer(recipe, model, steps)


def recipe_optimizer(
    recipe: Recipe,
    model: keras.Model,
    steps: int | None = None,
    offsets: Mapping[str, int] | None = None,
) -> GroupedOptimizer:
    """The optimizer that a recipe gives a model: see `discriminative_learning_rates`.

    Args:
        recipe: gives rates, schedule, weight decay and bounds.
        model: any model that holds an `ElmoBackbone`.
        steps: number of batches of the whole training.
        offsets: group → batches of the training before its optimizer begins to count.
    """
    groups = layer_groups(model)
    chosen = group_rates(recipe, groups)
    chosen.setdefault(HEAD, _head_rate(recipe))
    decay = recipe.weight_decay
    check_groups(decay if isinstance(decay, Mapping) else (), groups, "`weight_decay`")

    def optimizer(name: str) -> keras.optimizers.Optimizer:
        kind = LazyAdam if name == WORD_VECTORS else keras.optimizers.AdamW
        return kind(
            make_schedule(recipe.schedule, chosen[name], steps, (offsets or {}).get(name, 0)),
            weight_decay=decay.get(name, 0.0) if isinstance(decay, Mapping) else decay,
            gradient_accumulation_steps=recipe.accumulate,
            name=name,
        )

    optimizers = {name: optimizer(name) for name in groups if name != HEAD}
    # By a name that stays, an optimizer's state is found again in the next one.
    return GroupedOptimizer(
        LayerGroupMap(optimizer(HEAD), optimizers), recipe.clip_norm, name="grouped_optimizer"
    )


def default_optimizer(model: Any, recipe: Recipe) -> keras.optimizers.Optimizer:
    """What a task trains with unless told otherwise: Adam, lazy where there are word vectors.

    Args:
        model: a task; where its ELMo trains, each of its layers has an Adam of its own.
        recipe: gives the rates.
    """
    if any(is_elmo(name) for name in groups_of(model.trainable_variables)):
        return recipe_optimizer(recipe, model)
    kind = LazyAdam if model.word_vectors else keras.optimizers.Adam
    return kind(_head_rate(recipe), global_clipnorm=CLIP_NORM)


def _head_rate(recipe: Recipe) -> Rate:
    chosen = recipe.learning_rate
    return check_rate(LEARNING_RATE if chosen is None else chosen, "the rate of the head")


def group_rates(recipe: Recipe, groups: Sequence[str]) -> dict[str, Rate]:
    """The highest rate of each of a model's groups, or its schedule.

    Raises:
        ValueError: `rates` for a group that does not exist, or a rate below zero.
    """
    head = _head_rate(recipe)
    top = check_rate(recipe.elmo_learning_rate, "the rate of ELMo")
    elmo = [name for name in reversed(groups) if is_elmo(name)]
    chosen = dict.fromkeys(groups, head)
    chosen |= {name: scaled(top, recipe.elmo_rate_decay**i) for i, name in enumerate(elmo)}
    check_groups(recipe.rates, groups, "`rates`")
    own = {name: check_rate(rate, f"`rates[{name!r}]`") for name, rate in recipe.rates.items()}
    return chosen | own


def group_sizes(model: keras.Model) -> dict[str, int]:
    """The number of parameters of each group that can train, from the inputs to the head."""
    sizes = dict.fromkeys(layer_groups(model), 0)
    for variable in model.weights:
        sizes[group_of(variable)] += math.prod(variable.shape)
    return sizes


def layer_groups(model: keras.Model) -> list[str]:
    """The names of a model's layer groups, from the inputs to the head.

    Example:
        >>> layer_groups(task)
        ['word_layer', 'bilm_1', 'bilm_2', 'mix', 'head']
    """
    return groups_of(model.weights)


def parameter_table(model: keras.Model) -> list[ParameterGroup]:
    """What trains at which rate: a row a group, from ELMo's word layer to the head.

    Args:
        model: any model that holds an `ElmoBackbone`; rates are those of the next batch, 0 where it
            is not compiled, or for what an optimizer that is in use already does not know.
    """
    training = {id(variable) for variable in model.trainable_variables}
    groups: dict[tuple[str, bool, float], int] = {}
    for variable in model.weights:
        trainable = id(variable) in training
        rate = _learning_rate(model.optimizer, variable) if trainable else 0.0
        key = (group_of(variable), trainable, rate)
        groups[key] = groups.get(key, 0) + math.prod(variable.shape)
    order = layer_groups(model)
    rows = [
        ParameterGroup(name, size, trains, rate) for (name, trains, rate), size in groups.items()
    ]
    return sorted(rows, key=lambda row: order.index(row.name))


def _learning_rate(optimizer: keras.optimizers.Optimizer | None, variable: keras.Variable) -> float:
    own = own_optimizer(optimizer, variable)
    return float(keras.ops.convert_to_numpy(own.learning_rate)) if own else 0.0
