"""The one folder of what can be fetched or computed again: models and features."""

import os
from pathlib import Path

_OLD_NAME = "keras_elmo"  # where models were until there was one folder


def cache_folder() -> Path:
    """`keras-elmo` in `$XDG_CACHE_HOME`, or in `~/.cache`."""
    return _caches() / "keras-elmo"


def take_over(old: Path, new: Path) -> Path:
    """Move what an older version kept to its new place; where that fails, it stays.

    Returns:
        The place where it is, or will be.
    """
    if new.exists() or not old.exists():
        return new
    try:
        new.parent.mkdir(parents=True, exist_ok=True)
        old.rename(new)
    except OSError:  # another file system, or no right to
        return old
    return new


def old_models_folder() -> Path:
    """Where older versions kept models."""
    return Path.home() / ".cache" / _OLD_NAME / "models"


def _caches() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
