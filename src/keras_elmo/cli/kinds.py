"""`--task`: a kind of data, also one that a module of the user's own made known."""

from typing import Any

import typer

TASK_HELP = (  # the kinds that come with this package; they are imported only where one is given
    "Instead of what the data tell: classification, multi-label, tagging, seq2seq, qa, joint, "
    "pair, regression or pair-regression."
)


def check_task(name: str | None) -> str | None:
    """Refuse a kind that no one knows.

    Raises:
        typer.BadParameter: it is such.
    """
    from keras_elmo.data.kinds import KINDS

    if name is not None and name not in KINDS:
        allowed = ", ".join(map(repr, KINDS))
        raise typer.BadParameter(f"{name!r} is not one of {allowed}.")
    return name


def complete_task() -> list[str]:
    """All kinds, for a shell's completion."""
    from keras_elmo.data.kinds import KINDS

    return list(KINDS)


TASK: dict[str, Any] = {"callback": check_task, "autocompletion": complete_task, "metavar": "KIND"}
