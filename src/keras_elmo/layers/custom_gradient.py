"""Functions with a gradient of their own, which can be differentiated again on every backend."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import keras
from keras import ops

# Tensors → the output, and a function of the output's gradient that gives those of the tensors.
WithGradient = Callable[..., tuple[Any, Callable[[Any], Any]]]


def custom_gradient(function: WithGradient) -> Callable[..., Any]:
    """Give a function of tensors the gradient that it names.

    Gradients of any order are right, as long as what `function` and its gradient compute can be
    differentiated. On PyTorch `keras.ops.custom_gradient` would take what the function has computed
    for constants: a gradient of the gradient would then be another number, without a word.

    Args:
        function: takes tensors alone; returns one output and the function of its gradient, which
            returns a gradient for each of the tensors.
    """
    if keras.config.backend() != "torch":
        return ops.custom_gradient(function)
    apply = _torch_function().apply
    return lambda *tensors: apply(function, *tensors)


@cache
def _torch_function() -> Any:
    torch: Any = import_module("torch")  # by name: the types are checked without PyTorch

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, function, *tensors):
            ctx.function = function
            ctx.save_for_backward(*tensors)
            output, ctx.gradient = function(*tensors)
            # Another tensor: what the gradient keeps must not keep this node, which keeps it.
            return output.detach()

        @staticmethod
        def backward(ctx, *upstream):
            gradient = ctx.gradient
            if torch.is_grad_enabled():  # this gradient is to be differentiated
                # Once more, recorded: what was computed before stands for constants.
                _, gradient = ctx.function(*ctx.saved_tensors)
            found = gradient(*upstream)
            return None, *(found if isinstance(found, tuple) else (found,))

    return Function
