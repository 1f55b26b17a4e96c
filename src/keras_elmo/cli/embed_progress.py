"""How `embed` goes: tokens per second and the time left, on terminals and in log files."""

import time
from datetime import timedelta

from keras_elmo.cli.console import err, progress_bar, say
from keras_elmo.embedding.output.embed_file import EmbedProgress

_LINE_SECONDS = 60.0  # between two lines where there is no terminal


class ShownProgress(EmbedProgress):
    """A bar on terminals, else a line a minute; use it as a context.

    Args:
        total: sentences, if known.
        quiet: show nothing.
    """

    def __init__(self, total: int | None, *, quiet: bool = False) -> None:
        self.total, self.quiet = total, quiet
        self.done = self.computed = self.tokens = 0
        self.on_start()
        self.bar = progress_bar(quiet=quiet, end_known=total is not None)
        self.task = self.bar.add_task("embedding", total=total, text="")

    def __enter__(self) -> "ShownProgress":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def on_continue(self, sentences: int, tokens: int) -> None:
        """Say it, and let the bar begin there, without taking it for speed."""
        say(f"continuing after {sentences:,} sentences", quiet=self.quiet)
        self.done = sentences
        self.bar.reset(self.task, total=self.total, completed=sentences)

    def on_start(self) -> None:
        """The clock runs from now on."""
        self.start = self.now = self.last_line = time.monotonic()

    def on_sentence(self, tokens: int) -> None:
        """Show the speed."""
        self.done, self.tokens = self.done + 1, self.tokens + tokens
        self.computed, self.now = self.computed + 1, time.monotonic()
        self.bar.update(self.task, completed=self.done, text=self.rate)
        if not err.is_terminal and self.now - self.last_line > _LINE_SECONDS:
            self.last_line = self.now
            say(f"{self.done:,} sentences, {self.rate}{self._time_left()}", quiet=self.quiet)

    @property
    def rate(self) -> str:
        """Tokens per second of what was computed this time."""
        return f"{self.tokens / max(self.now - self.start, 1e-9):,.0f} tokens/s"

    def _time_left(self) -> str:
        if self.total is None:
            return ""
        seconds = (self.now - self.start) / self.computed * (self.total - self.done)
        return f", {timedelta(seconds=round(seconds))} left of {self.total:,} sentences"

    def on_write(self, num_bytes: int) -> None:
        """Begin a second bar."""
        self.bar.remove_task(self.task)
        self.task = self.bar.add_task("writing", total=num_bytes, text=f"{num_bytes / 1e6:,.0f} MB")

    def on_written(self, num_bytes: int) -> None:
        """Show it."""
        self.bar.advance(self.task, num_bytes)
