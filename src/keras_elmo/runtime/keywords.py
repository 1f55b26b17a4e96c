"""Keyword arguments that nothing takes are refused with the name that was perhaps meant."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from inspect import Parameter, signature
from typing import Any

# Of Keras's own verbs, beside those that a task has itself.
COMPILE = ("loss_weights", "run_eagerly", "steps_per_execution", "auto_scale_loss")
FIT = ("epochs", "verbose", "callbacks", "initial_epoch", "steps_per_epoch", "validation_steps")
FIT = (*FIT, "validation_batch_size", "validation_freq")
EVALUATE = ("verbose", "steps", "callbacks", "return_dict")
PREDICT = ("verbose",)


def check_keywords(given: Mapping[str, Any], allowed: Sequence[str], where: str) -> None:
    """Refuse keyword arguments that nothing takes, with the name that was perhaps meant.

    Raises:
        TypeError: one of them is not allowed.
    """
    for name in given:
        if name not in allowed:
            near = get_close_matches(name, allowed, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else f" It takes {', '.join(allowed)}."
            raise TypeError(f"{where} has no argument `{name}`.{hint}")


def parameter_names(*functions: Callable[..., Any]) -> list[str]:
    """The names of the arguments that functions take."""
    kinds = Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL
    found = [
        name
        for function in functions
        for name, parameter in signature(function).parameters.items()
        if parameter.kind not in kinds and name != "self"
    ]
    return list(dict.fromkeys(found))
