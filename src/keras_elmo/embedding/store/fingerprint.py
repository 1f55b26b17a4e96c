"""A name for what a model computes: the same configuration and weights, the same fingerprint."""

import json
from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Any

import numpy as np

# What a Keras configuration says without changing any feature.
IGNORED = ("name", "trainable", "trainable_parts")


def fingerprint(
    config: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    *,
    ignore: Collection[str] = IGNORED,
) -> str:
    """BLAKE2b of a configuration and of all arrays with their paths: 32 hex digits.

    The order of keys does not matter. Arrays are read where they are: only one that is not
    contiguous is copied, and then alone.

    Args:
        config: a configuration that JSON can hold.
        arrays: variable path → array of any shape and type.
        ignore: keys of the configuration that do not count, at any depth.

    Example:
        >>> fingerprint({"units": 8}, {"kernel": np.zeros((2, 8), "float32")})
        '3f8def55ecb017e17d4060c2d82d0f02'
    """
    digest = blake2b(digest_size=16)
    settings = json.dumps(_without(config, ignore), sort_keys=True, separators=(",", ":"))
    _update(digest, settings.encode())
    for path in sorted(arrays):
        array = np.ascontiguousarray(arrays[path])
        # The shape as given: `ascontiguousarray` makes a scalar one-dimensional.
        header = [path, list(np.shape(arrays[path])), array.dtype.name]
        _update(digest, json.dumps(header).encode())
        # As bytes, because types such as bfloat16 have no buffers of their own.
        _update(digest, array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _update(digest: Any, data: bytes | memoryview) -> None:
    """Hash the length as well, so that no two lists of parts look the same."""
    digest.update(len(data).to_bytes(8, "little"))
    digest.update(data)


def _without(value: Any, ignore: Collection[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(inner, ignore) for key, inner in value.items() if key not in ignore}
    if isinstance(value, list | tuple):
        return [_without(inner, ignore) for inner in value]
    return value
