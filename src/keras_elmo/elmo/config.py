"""Configurations: frozen, made once of keyword arguments, passed whole."""

from collections.abc import Callable
from dataclasses import asdict
from inspect import signature
from typing import Any, TypeVar

Config = TypeVar("Config")


def take_config(kind: type[Config], arguments: dict[str, Any]) -> Config:
    """Make a configuration of those keyword arguments that are for it; they are removed.

    Args:
        kind: a dataclass.
        arguments: of a constructor.
    """
    names = [name for name in signature(kind).parameters if name in arguments]
    return kind(**{name: arguments.pop(name) for name in names})


def fields_for(function: Callable[..., Any], config: Any) -> dict[str, Any]:
    """Those fields of a configuration that a function takes, by name."""
    taken = signature(function).parameters
    return {name: value for name, value in asdict(config).items() if name in taken}
