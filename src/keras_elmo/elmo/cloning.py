"""Copies of a model: what makes them, and what does not."""

from collections.abc import Mapping
from typing import Any

import keras


def refuse_to_clone(model: keras.Model, options: Mapping[str, Any]) -> None:
    """Refuse `keras.models.clone_model`, which makes a plain functional model of any subclass.

    Labels, preprocessor and all methods would be gone without a word.

    Args:
        model: one that Keras runs through its graph.
        options: how it does so: only to clone it, both with other layers and with another call.

    Raises:
        NotImplementedError: it is to be cloned.
    """
    if {"operation_fn", "call_fn"} <= options.keys():
        name = type(model).__name__
        raise NotImplementedError(
            f"`keras.models.clone_model` gives a plain functional model, not {name}. Received: "
            f"{model.name!r}. Write `{name}.from_config(model.get_config())`, and `set_weights` to "
            "give it the same weights."
        )
