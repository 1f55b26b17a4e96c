"""Optional packages: an error that names the exact `pip install` where one is missing."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needs_extra(extra: str, what: str, error: type[ImportError] = ImportError) -> Iterator[None]:
    """Import optional packages in the body.

    Args:
        extra: the optional dependencies in pyproject.toml that bring them.
        what: what needs which package, for the message.
        error: the class of the error.

    Raises:
        ImportError: one of them cannot be imported.

    Example:
        >>> with needs_extra("search", "a search needs Optuna"):
        ...     import optuna
    """
    try:
        yield
    except ImportError as missing:
        message = f'{what}. Install it with `pip install "keras-elmo[{extra}]"`.'
        raise error(message) from missing
