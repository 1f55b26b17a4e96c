"""Where the commands write: results to standard output, everything else to standard error."""

import io
import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

out = Console(emoji=False)  # what people named `:x:` stays as it is
err = Console(stderr=True, emoji=False)


def write_utf8() -> None:
    """Write UTF-8 wherever the output goes, whatever the locale or Windows would have there."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Half a surrogate pair, which JSON may hold, is no character.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def shows_styles() -> bool:
    """Whether standard output shows colours and bold: not where it is piped into a program."""
    return out.color_system is not None


def say(message: str, *, quiet: bool = False) -> None:
    """A line about how the work goes."""
    if not quiet:
        err.print(message, markup=False, highlight=False, soft_wrap=True)


def warn(message: str, style: str = "yellow") -> None:
    """A line about what could not be done, though the work goes on."""
    err.print(f"warning: {message}", style=style, markup=False, highlight=False, soft_wrap=True)


def alarm(message: str) -> None:
    """A line about work that was done, and was for nothing."""
    err.print(message, style="red", markup=False, highlight=False, soft_wrap=True)


def progress_bar(
    text: str = "{task.fields[text]}", *, quiet: bool = False, end_known: bool = True
) -> Progress:
    """A bar with a text behind it that vanishes when it is done; on terminals only."""
    left = (TextColumn("left"), TimeRemainingColumn()) if end_known else ()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn(text),
        TimeElapsedColumn(),
        *left,
        console=err,
        transient=True,
        disable=quiet or not err.is_terminal,
    )
