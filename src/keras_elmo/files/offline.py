"""Whether anything may be fetched."""

import os

OFFLINE_VARIABLE = "KERAS_ELMO_OFFLINE"


def is_offline() -> bool:
    """Whether nothing may be fetched."""
    return os.environ.get(OFFLINE_VARIABLE, "0") not in ("", "0")
