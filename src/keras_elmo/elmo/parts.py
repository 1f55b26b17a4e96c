"""Which parts of a layer train: written to a configuration, and set again.

Keras saves `trainable` of the layers of a functional model, but not of the layers inside them; and
to set it on a layer sets it on all that the layer holds.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import keras

_ITSELF = ""  # in place of a part's name


def trainable_parts(
    layer: keras.Layer, *, trainable: bool = True, without: Collection[keras.Layer] = ()
) -> dict[str, bool]:
    """The parts that train, or do not, unlike what holds them, outer ones first.

    Args:
        layer: a built one.
        trainable: what is known of the layer itself.
        without: parts that have a configuration of their own.

    Example:
        >>> backbone.word_layer.trainable = False
        >>> trainable_parts(backbone)
        {'char_cnn': False}
    """
    found = {_ITSELF: layer.trainable} if layer.trainable != trainable else {}
    for name, part, holder in _parts(layer, without):
        if part.trainable != holder.trainable:
            found[name] = part.trainable
    return found


def set_trainable_parts(
    layer: keras.Layer, parts: Mapping[str, bool] | None, *, without: Collection[keras.Layer] = ()
) -> None:
    """Let parts train, or not.

    Args:
        layer, without: as of `trainable_parts`.
        parts: what that returned: whether each part, and all that it holds, trains.

    Raises:
        ValueError: there is no such part.
    """
    known = {_ITSELF: layer} | {name: part for name, part, _ in _parts(layer, without)}
    for name, trainable in (parts or {}).items():
        if name not in known:
            raise ValueError(
                f"`trainable_parts` must name parts of {layer.name!r}: "
                f"{', '.join(filter(None, known))}. Received: {name!r}"
            )
        known[name].trainable = trainable


def _parts(
    layer: keras.Layer, without: Collection[keras.Layer], prefix: str = ""
) -> Iterator[tuple[str, keras.Layer, keras.Layer]]:
    """The name, the part and what holds it; only what has weights."""
    # Keras has no public way to the layers of a layer that is no model.
    inner: Any = layer._flatten_layers(include_self=False, recursive=False)
    for part in inner:
        if part.weights and not any(part is other for other in without):
            name = prefix + part.name
            yield name, part, layer
            yield from _parts(part, without, f"{name}/")
