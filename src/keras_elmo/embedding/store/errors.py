"""The errors of stored features, and what mends them."""

import shlex
from pathlib import Path


class StoreError(ValueError):
    """Stored features are damaged or not what they should be.

    The message names the file, what was expected, what was found, and the fix.
    """


class StoreFullError(StoreError):
    """Features do not fit under the size limit of the store, whatever is evicted."""


class NotStoredError(StoreError):
    """Features were asked for that are not stored (or no longer: they may have been evicted)."""


def command(folder: Path, words: str) -> str:
    """The command line that acts on the cache a model's folder lies in."""
    return f"`keras-elmo cache {words} --root {shlex.quote(str(folder.parent.parent))}`"


def repair_hint(folder: Path) -> str:
    """How to get rid of damaged features."""
    fix = command(folder, "verify --repair")
    return f"Run {fix}: what is damaged is removed and computed anew when it is needed."
