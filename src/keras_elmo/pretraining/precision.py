"""The arithmetic of a pre-training: float32, or bfloat16 where that is faster."""

from contextlib import suppress
from pathlib import Path

import keras

PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
_INSTRUCTIONS = {"avx512_bf16", "amx_bf16"}


def dtype_policy(precision: str) -> str:
    """The Keras dtype policy for `float32`, `bfloat16` or `auto`.

    `auto` is bfloat16 on TensorFlow on processors that multiply it: there it is 1.4 times as fast
    (`benchmarks.pretraining_speed`), elsewhere it is emulated and slow.

    Raises:
        ValueError: another name.
    """
    if precision == "auto":
        precision = "bfloat16" if _pays() else "float32"
    if precision not in PRECISIONS:
        allowed = ", ".join(["auto", *PRECISIONS])
        raise ValueError(f"`precision` must be one of {allowed}. Received: {precision!r}")
    return PRECISIONS[precision]


def _pays() -> bool:
    if keras.config.backend() != "tensorflow":
        return False
    with suppress(OSError):  # no Linux
        return bool(_INSTRUCTIONS & set(Path("/proc/cpuinfo").read_text().split()))
    return False
