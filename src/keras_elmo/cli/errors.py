"""Errors a user can mend come out as one red message, without a traceback."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from keras_elmo.cli.console import err

_MENDABLE = (ValueError, OSError, ImportError, FloatingPointError, MemoryError)
_INTERRUPTED = 130  # what shells expect of a program that Ctrl-C ended


class Commands(TyperGroup):
    """The command group; it keeps the command line for the records and catches errors."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Remember the exact command line as `ctx.obj`."""
        ctx.obj = ["keras-elmo", *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; with `--debug` errors keep their traceback."""
        if ctx.params.get("debug"):
            return super().invoke(ctx)
        with readable_errors():
            return super().invoke(ctx)


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn expected errors into a message and an exit code.

    Raises:
        typer.Exit: 1 for an error, 130 for Ctrl-C.
    """
    try:
        yield
    except BrokenPipeError:
        raise  # `| head` has read enough: typer ends quietly
    except KeyboardInterrupt:
        complain("interrupted; no output was written.")
        raise typer.Exit(_INTERRUPTED) from None
    except _MENDABLE as error:
        complain(message_of(error))
        raise typer.Exit(1) from None
    except RuntimeError as error:
        # h5py reports a full disk in this way when it closes a file.
        if "No space left" not in str(error):
            raise
        complain(message_of(OSError(errno.ENOSPC, "No space left on device")))
        raise typer.Exit(1) from None


def message_of(error: BaseException) -> str:
    """What to tell the user."""
    if isinstance(error, MemoryError):
        return "not enough memory. Lower --batch-size, or take a smaller ELMo."
    if not isinstance(error, OSError):
        return str(error)
    full = error.errno == errno.ENOSPC or "No space left" in str(error)
    fix = " Free some space or choose another disk; nothing was replaced." if full else ""
    if error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}.{fix}"
    return f"{error}{fix}"


def complain(message: str) -> None:
    """Print an error."""
    sys.stdout.flush()
    err.print(f"error: {message}", style="red", markup=False, highlight=False, soft_wrap=True)


def stop_interrupted() -> NoReturn:
    """End a command that Ctrl-C ended, after it has saved what there was.

    Raises:
        typer.Exit: always.
    """
    raise typer.Exit(_INTERRUPTED)
