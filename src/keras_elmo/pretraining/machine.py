"""The machine of a pre-training: tokens of a batch that its memory allows, and its precision."""

import os
from contextlib import suppress
from pathlib import Path

import keras

BATCH_TOKENS = 2560  # of a batch where memory allows it
_SHARE = 0.5  # of the memory; the rest is for other programs and for what is not counted here
_BASE = 1.2e9  # bytes that the backend and the corpus take, whatever the model
_LIMITS = (  # of the memory of a container: Linux control groups, second and first version
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)
PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
_INSTRUCTIONS = {"avx512_bf16", "amx_bf16"}


def automatic_batch_tokens(
    *,
    units: int,
    num_layers: int,
    projection_dim: int,
    vocabulary_size: int,
    num_samples: int,
    memory: float | None = None,
) -> int:
    """`BATCH_TOKENS`, halved until a training step fits in half of the machine's memory.

    Counted are weights, gradients and both moments of Adam, what the gradient of each LSTM keeps
    of every token, and the logits of the sampled softmax, all in float32.

    Args:
        memory: bytes of the machine; None for what it has, which is the same at every call, so
            that a resumed run gets the batches it began with.

    Raises:
        ValueError: not even the model fits.
    """
    memory = memory or _memory()
    lstm = 4 * units * 2 * projection_dim + units * projection_dim
    parameters = 2 * num_layers * lstm + vocabulary_size * (projection_dim + 1)
    # i, j, f, o, c, the c before it and tanh c, four gates twice, and their sums over all steps.
    token = 4 * 2 * num_layers * 17 * units + 2 * 14 * num_samples
    room = _SHARE * memory - _BASE - 16 * parameters
    tokens = BATCH_TOKENS
    while tokens * token > room and tokens > 1:
        tokens //= 2
    if tokens == 1:
        raise ValueError(
            f"a model of {units:,} units and {vocabulary_size:,} words needs about "
            f"{(_BASE + 16 * parameters) / 1e9:.1f} GB to train. Received: a machine of "
            f"{memory / 1e9:.1f} GB, of which half is used. Take a smaller model or vocabulary, or "
            "give --batch-tokens a number."
        )
    return tokens


def _memory() -> float:
    memory = float("inf")
    with suppress(AttributeError, ValueError, OSError):  # no POSIX
        memory = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path in _LIMITS:
        with suppress(OSError, ValueError):  # no such file, or "max" in it
            memory = min(memory, float(Path(path).read_text()))
    return memory


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
