"""Sentences and features as a store writes them: 16-byte keys, checked rows."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import zip_longest
from typing import Any

import numpy as np

from keras_elmo.embedding.store.folder import StoredModel

_END = object()


def sentence_key(tokens: Sequence[str]) -> bytes:
    """BLAKE2b of tokens and of where they end, 16 bytes.

    Raises:
        ValueError: a string, which is no list of tokens.
    """
    if isinstance(tokens, str):
        raise ValueError(f"a sentence must be a list of tokens. Received: {shown(tokens)}")
    encoded = [token.encode("utf-8", "surrogatepass") for token in tokens]
    lengths = struct.pack(f"<{len(encoded) + 1}I", len(encoded), *map(len, encoded))
    return blake2b(lengths + b"".join(encoded), digest_size=16).digest()


def pairs(
    sentences: Iterable[Sequence[str]], features: Iterable[Any]
) -> Iterator[tuple[Sequence[str], Any]]:
    """Each sentence with its features.

    Raises:
        ValueError: there are more of one than of the other.
    """
    pair: Any
    for number, pair in enumerate(zip_longest(sentences, features, fillvalue=_END)):
        if pair[0] is _END or pair[1] is _END:  # `in` would compare arrays
            fewer = "sentences" if pair[0] is _END else "features"
            raise ValueError(
                f"`sentences` and `features` must be equally many. Received: {number} {fewer}, "
                "and more of the other"
            )
        yield pair


def encode_features(features: Any, tokens: int, model: StoredModel, number: int) -> np.ndarray:
    """Features as they lie on the disk.

    Raises:
        ValueError: they have another shape, or numbers that the type on disk cannot hold.
    """
    features = np.asarray(features)
    if features.shape != (tokens, *model.shape):
        raise ValueError(
            f"features of sentence {number} must have the shape (tokens, layers, features), here "
            f"{(tokens, *model.shape)}. Received: {features.shape}"
        )
    with np.errstate(over="ignore"):
        rows = np.ascontiguousarray(features, model.numpy_dtype)
    if not _all_finite(rows):
        largest = np.abs(features.astype(np.float64)).max()
        if not np.isfinite(largest):
            raise ValueError(
                f"features of sentence {number} are not all finite. Received: {largest}"
            )
        limit = np.finfo(model.dtype).max
        fix = "Use dtype='float32'." if model.dtype == "float16" else "Check the model."
        raise ValueError(
            f"features of sentence {number} must stay within ±{limit:g}, which {model.dtype} can "
            f"hold. Received: {largest:g}. {fix}"
        )
    return rows


def _all_finite(rows: np.ndarray) -> bool:
    """Whether all numbers are finite, by their bits: for float16 a dozen times as fast as NumPy."""
    bits = np.dtype(f"u{rows.itemsize}").newbyteorder("<")
    infinity = np.array(np.inf, rows.dtype).view(bits)
    without_sign = rows.view(bits) & np.array(np.iinfo(bits).max // 2, bits)
    return bool(without_sign.max(initial=0) < infinity)


def shown(sentence: Sequence[str]) -> str:
    """A sentence for a message."""
    text = repr(sentence if isinstance(sentence, str) else " ".join(sentence))
    return text if len(text) <= 60 else f"{text[:57]}…"
