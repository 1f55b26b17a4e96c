"""JSON of strangers, which is parsed here alone, within bounds of size and depth."""

import json
from pathlib import Path
from reprlib import repr as short
from typing import Any

MOST_BYTES = 2**28  # of a file: the words of the largest vocabulary take a tenth
DEEPEST = 100


def loads(text: str | bytes) -> Any:
    """Parse JSON.

    Raises:
        ValueError: the text is not JSON (`json.JSONDecodeError` where the place is known), is
            nested too deep, or has a number of thousands of digits.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError(f"values nested more than {DEEPEST} deep") from None
    if isinstance(text, str) and text.count("[") + text.count("{") <= DEEPEST:
        return value  # too few brackets to be deeper
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        if not level:
            return value
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
    raise ValueError(f"values nested more than {DEEPEST} deep")


def read_object(
    path: Path, error: type[ValueError] = ValueError, *, most_bytes: int = MOST_BYTES
) -> dict[str, Any]:
    """The object that a JSON file holds.

    Args:
        path: the file.
        error: the class of the error that is raised if the file holds something else.
        most_bytes: how many bytes the file may have.

    Raises:
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    if size > most_bytes:
        raise error(f"{path}: must have at most {most_bytes:,} bytes. Received: {size:,} bytes.")
    try:
        value = loads(path.read_bytes())
    except ValueError as problem:  # bad JSON and bad UTF-8 alike
        raise error(f"{path}: must be valid JSON. Received: a file that is not ({problem}).") from (
            problem
        )
    if not isinstance(value, dict):
        raise error(f"{path}: must be a JSON object. Received: {short(value)}.")
    return value
