"""An optimizer for each group, and one bound on the gradients of all of them together."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_elmo.fine_tuning.row_gradients import is_rows, map_rows, summed_rows
from keras_elmo.layers.groups import group_of


@keras.saving.register_keras_serializable("keras_elmo")
class LayerGroupMap(keras.optimizers.OptimizerMap):
    """Which optimizer is whose: by the layer group that a variable belongs to, not by its path.

    Args:
        default_optimizer: optimizer of the head, and of all groups that are not named.
        optimizer_map: name of a group → its optimizer.
    """

    def __call__(self, variable):
        return self[group_of(variable)]


@keras.saving.register_keras_serializable("keras_elmo")
class GroupedOptimizer(keras.optimizers.MultiOptimizer):
    """Keras's `MultiOptimizer`, with the gradients of all groups clipped by their common norm.

    A bound in each group's own optimizer would change how the groups' gradients stand to one
    another, and let through the root of as many times the norm as there are groups.

    Its `learning_rate` is the head's, and to set it sets those of all groups by the same factor: a
    callback that gives one rate, such as `LearningRateScheduler`, cannot bring ELMo to the head's.
    So that callbacks take that one rate there is no `optimizers`; see `optimizer_map`.

    Args:
        optimizer_map: which optimizer is whose: a `LayerGroupMap`, or a
            `keras.optimizers.OptimizerMap`. Its default is the head's.
        clip_norm: bound on the norm of all gradients of a batch, which also keeps a batch with
            gradients that are not finite from changing the weights; None for neither.

    Raises:
        ValueError: a rate is set where the head's was 0 from the start.
        TypeError: a rate is set where it follows a schedule.
    """

    def __init__(self, optimizer_map: Any, clip_norm: float | None = None, **kwargs: Any):
        super().__init__(optimizer_map, **kwargs)
        self.clip_norm = clip_norm
        # Kept, as a rate that is 0 for an epoch has no ratio to others.
        self._first_rates = [
            float(ops.convert_to_numpy(own.learning_rate)) for own in self._inner_optimizers
        ]

    @property
    def optimizer_map(self) -> Any:
        """Which optimizer is whose."""
        return self._optimizer_map

    @property
    def optimizers(self):
        raise AttributeError("A GroupedOptimizer has one `learning_rate`, and an `optimizer_map`.")

    @property
    def learning_rate(self):
        return self._optimizer_map.default_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        inner = self._inner_optimizers
        by_schedule = [own.name for own in inner if not _is_number(own)]
        if by_schedule:
            raise TypeError(
                "the learning rate of a GroupedOptimizer can be set where all rates are numbers. "
                f"Received: {float(value)}, where that of {', '.join(by_schedule)} follows a "
                "schedule. Leave out the schedule, or the callback that sets the rate."
            )
        head = self._first_rates[inner.index(self._optimizer_map.default_optimizer)]
        if not head:
            raise ValueError(
                "all rates are set by the head's, which must have been above 0. Received: "
                f"{float(value)} for a head at 0. Set `optimizer.optimizer_map[group]`'s instead."
            )
        for own, first in zip(inner, self._first_rates, strict=True):
            own.learning_rate = float(value) * (first / head)

    def apply(self, grads, trainable_variables=None):
        if self.clip_norm:
            grads = clip_by_global_norm(grads, self.clip_norm)
        super().apply(grads, trainable_variables)

    def get_config(self):
        return super().get_config() | {"clip_norm": self.clip_norm}


def clip_by_global_norm(gradients, clip_norm):
    """All gradients scaled alike so that their common norm is `clip_norm` at most.

    Where one of them is not finite all become zeros: a batch whose loss is NaN, which would turn
    all weights into NaN, leaves them good.

    Args:
        gradients: tensors, or None where a variable has no part in the loss.
    """
    # Those of word tables may come as rows, which are not made whole tables here.
    gradients = [summed_rows(g) if is_rows(g) else g for g in gradients]
    values = [g.values if is_rows(g) else g for g in gradients]
    squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in values if g is not None]
    if not squares:
        return gradients
    norm = ops.sqrt(sum(squares))
    finite = ops.isfinite(norm)
    scale = clip_norm / ops.maximum(norm, clip_norm)

    def scaled(values):
        return ops.where(
            finite, values * ops.cast(scale, values.dtype), ops.zeros((), values.dtype)
        )

    return [None if g is None else map_rows(scaled, g) for g in gradients]


def _is_number(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether an optimizer's rate is a number, which may be set, and no schedule."""
    return isinstance(optimizer._learning_rate, keras.Variable)


def unscaled(optimizer: Any) -> Any:
    """The optimizer inside one that scales the loss; any other as it is."""
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return optimizer.inner_optimizer
    return optimizer


def knows(optimizer: Any, variables: Sequence[keras.Variable]) -> bool:
    """Whether an optimizer was built for just these variables, or for none so far."""
    own = unscaled(optimizer)
    return not own.built or list(map(id, own._trainable_variables)) == list(map(id, variables))


def has_one_rate(optimizer: Any) -> bool:
    """Whether all variables have the same rate."""
    return not isinstance(unscaled(optimizer), keras.optimizers.MultiOptimizer)


def own_optimizer(optimizer: Any, variable: keras.Variable) -> Any:
    """What moves a variable: the optimizer, or its group's; None if the variable is unknown."""
    own = unscaled(optimizer)
    if own is None or (own.built and id(variable) not in map(id, own._trainable_variables)):
        return None
    # Keras offers no public way from a variable to the optimizer it is assigned to.
    return own if has_one_rate(own) else own._optimizer_map(variable)


def scale_loss_as(old: Any, new: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """An optimizer that scales the loss if the one before did, as Keras's `compile` has it."""
    if not isinstance(old, keras.optimizers.LossScaleOptimizer):
        return new
    return keras.optimizers.LossScaleOptimizer(
        new, old.initial_scale, old.dynamic_growth_steps, name=old.name
    )


def hand_over(old: Any, new: Any, variables: Sequence[keras.Variable]) -> None:
    """Build an optimizer that goes on where another one was.

    A group of which all variables were there goes on with its moments, its count of steps and its
    rate. Any other begins anew: moments of zero fit no other count than zero.

    Args:
        old, new: optimizers of the Adam family, or a `GroupedOptimizer` of such.
        variables: what trains now.
    """
    new.build(variables)
    if not old.built:
        return
    inner = unscaled(new)
    for own in [inner] if has_one_rate(inner) else inner._inner_optimizers:
        pairs = [(variable, own_optimizer(old, variable)) for variable in own._trainable_variables]
        if pairs and not any(before is None for _, before in pairs):
            _hand_over(pairs, own)
    scaled = keras.optimizers.LossScaleOptimizer
    if isinstance(old, scaled) and isinstance(new, scaled):
        new.dynamic_scale.assign(old.dynamic_scale)
        new.step_counter.assign(old.step_counter)


def _hand_over(pairs: Sequence[tuple[keras.Variable, Any]], own: Any) -> None:
    first = pairs[0][1]
    own._iterations.assign(first._iterations)
    if _is_number(own) and _is_number(first):
        own.learning_rate = first.learning_rate
    for variable, before in pairs:
        for slots in ("_momentums", "_velocities"):
            there, here = (
                getattr(one, slots)[one._get_variable_index(variable)] for one in (before, own)
            )
            here.assign(there)


def use_optimizer(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> None:
    """Go on with another optimizer; loss and metrics stay what they are."""
    model.optimizer = optimizer
    # Keras's compiled steps know which variables train; the next `fit` makes new ones.
    model.train_function = model.test_function = None
