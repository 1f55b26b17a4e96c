"""The dtype policy of all layers that a model is made of."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras


@contextmanager
def dtype_scope(dtype: Any) -> Iterator[None]:
    """Layers made inside have this dtype policy, unless they are given another one.

    Args:
        dtype: a name such as `"mixed_float16"`, a `keras.DTypePolicy` or its configuration; None
            for Keras's global policy.

    Raises:
        ValueError: no such policy, or a map of several ones.
    """
    if dtype is None:
        yield
        return
    policy = keras.dtype_policies.get(dtype)
    if type(policy) is not keras.DTypePolicy:
        raise ValueError(
            "`dtype` must be one policy for all layers, such as 'mixed_float16'. "
            f"Received: {policy!r}"
        )
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
