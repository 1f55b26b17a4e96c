"""A name for what a model computes: the same configuration and weights, the same fingerprint."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np

# What a Keras configuration says without changing any feature.
_IGNORED = ("name", "trainable", "trainable_parts")


def fingerprint(config: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    """BLAKE2b of a configuration and of all arrays with their paths: 32 hex digits.

    The order of keys does not matter. Arrays are read where they are: only one that is not
    contiguous is copied, and then alone.

    Args:
        config: a configuration that JSON can hold.
        arrays: variable path → array of any shape and type.

    Example:
        >>> fingerprint({"units": 8}, {"kernel": np.zeros((2, 8), "float32")})
        '3f8def55ecb017e17d4060c2d82d0f02'
    """
    digest = blake2b(digest_size=16)
    settings = json.dumps(_that_counts(config), sort_keys=True, separators=(",", ":"))
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


def _that_counts(value: Any) -> Any:
    """A configuration without what is ignored, at any depth."""
    if isinstance(value, Mapping):
        return {key: _that_counts(item) for key, item in value.items() if key not in _IGNORED}
    return [_that_counts(item) for item in value] if isinstance(value, list | tuple) else value
