"""Where computed features are kept, and how much room they may take."""

import os
import re
from os import PathLike
from pathlib import Path

from keras_elmo.files.cache_folder import cache_folder

ROOT_VARIABLE, LIMIT_VARIABLE = "KERAS_ELMO_CACHE", "KERAS_ELMO_CACHE_BYTES"
DEFAULT_LIMIT = 20_000_000_000
_UNITS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


def features_folder(root: str | PathLike[str] | None = None) -> Path:
    """The folder with one folder for each model.

    Args:
        root: folder of the cache; by default `$KERAS_ELMO_CACHE`, else `keras-elmo` in
            `$XDG_CACHE_HOME` or in `~/.cache`.
    """
    chosen = root or os.environ.get(ROOT_VARIABLE) or cache_folder()
    return Path(chosen).expanduser().absolute() / "features"


def cache_limit(max_bytes: int | None = None) -> int:
    """Bytes that all features together may take: given, `$KERAS_ELMO_CACHE_BYTES`, or 20 GB.

    Raises:
        ValueError: the number is not positive, or the variable is not an amount such as 5GB.
    """
    if max_bytes is not None:
        if max_bytes <= 0:
            raise ValueError(f"`max_bytes` must be positive. Received: {max_bytes}")
        return max_bytes
    text = os.environ.get(LIMIT_VARIABLE)
    if not text:
        return DEFAULT_LIMIT
    try:
        return parse_bytes(text)
    except ValueError as error:
        raise ValueError(f"{LIMIT_VARIABLE}: {error}") from None


def parse_bytes(text: str) -> int:
    """`5GB`, `500 MB`, `1.5GiB` or a bare number in bytes.

    Raises:
        ValueError: something else, or nothing at all.

    Example:
        >>> parse_bytes("5GB")
        5000000000
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(I?)B?", text.strip().upper())
    number = float(match[1]) if match else 0.0
    if not match or not number:
        raise ValueError(f"expected a size such as 5GB or 500MB. Received: {text!r}")
    return int(number * (1024 if match[3] else 1000) ** _UNITS[match[2]])


def show_bytes(num_bytes: float) -> str:
    """A size as people read it.

    Example:
        >>> show_bytes(1_234_567)
        '1.2 MB'
    """
    for unit in ("bytes", "kB", "MB", "GB"):
        if num_bytes < 999.95:
            return f"{num_bytes:.0f} {unit}" if unit == "bytes" else f"{num_bytes:.1f} {unit}"
        num_bytes /= 1000
    return f"{num_bytes:.1f} TB"
