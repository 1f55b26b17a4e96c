"""Layers and models as PyTorch's users know them: parameters from the start, a plain state_dict."""

from typing import Any

import keras

_KERAS = "_torch_params."  # before the names that Keras gives


def as_torch_module(layer: Any) -> None:
    """Make a Keras layer a `torch.nn.Module` like others; on other backends nothing.

    Keras names the entries of `state_dict` after variables' paths. Numbers in these count all
    layers that a process has made, and each entry stands there once for every layer around it. Here
    each variable has one name, which a model of the same shape has too: the places in the layer,
    `elmo_mix.scalar_mix.gamma`. Keras's names are still read.

    Where all variables exist, they become parameters at once and not in the first call, so that an
    optimizer made before it trains all of them.

    Args:
        layer: at the end of its constructor, or a model once its variables have values.
    """
    if keras.config.backend() != "torch":
        return
    if not getattr(layer, "_names_its_state", False):
        layer._names_its_state = True
        layer.register_state_dict_post_hook(_rename)
        layer.register_load_state_dict_pre_hook(_take_names)
    if layer.built and all(variable._value is not None for variable in layer.variables):
        layer._track_variables()


def _rename(layer: Any, state: dict[str, Any], prefix: str, metadata: Any) -> None:
    own = f"{prefix}{_KERAS}"
    values = {key: state[key] for key in state if key.startswith(own)}
    for key in [key for key in state if key.startswith(prefix)]:
        del state[key]
    for name, variable in _by_name(layer).items():
        state[prefix + name] = values[own + variable.path]


def _take_names(layer: Any, state: dict[str, Any], prefix: str, *details: Any) -> None:
    """Give every parameter of the module, and of those in it, its entry under Keras's name."""
    if any(key.startswith(prefix) and _KERAS in key for key in state):
        return
    names = {id(variable.value): name for name, variable in _by_name(layer).items()}
    found = {key: state.pop(key) for key in list(state) if key.startswith(prefix)}
    for key, parameter in layer.named_parameters(remove_duplicate=False):
        name = prefix + names[id(parameter)]
        if name in found:
            state[prefix + key] = found[name]
    known = {prefix + name for name in names.values()}
    state.update((key, found[key]) for key in found if key not in known)


def _by_name(layer: Any) -> dict[str, Any]:
    """The variables of a layer by their places in it."""
    found: dict[str, Any] = {}
    for variable in layer.variables:
        path = variable.path.removeprefix(f"{layer.path}/")
        *places, name = path.split("/")
        if name == "seed_generator_state":  # behind a number of all such of the process
            places, name = places[:-1], "seed"
        name = ".".join([*places, name])
        count = sum(key == name or key.startswith(f"{name}_") for key in found)
        found[f"{name}_{count}" if count else name] = variable
    return found
