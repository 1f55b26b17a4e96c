"""A progress bar an epoch, with measures and time left. Imported only where Keras runs."""

from typing import Any

import keras

from keras_elmo.cli.console import progress_bar, say

_LINES = 40  # about
_FIRST = 3  # epochs that are shown in any case


class FitProgress(keras.callbacks.Callback):
    """Shows how a training goes; use it as a context, so that the bar ends with the training.

    Of many short epochs only some leave a line, and the last one.

    Args:
        epochs: of the whole training.
        quiet: show nothing.
    """

    def __init__(self, epochs: int, *, quiet: bool = False) -> None:
        super().__init__()
        self.epochs = epochs
        self.quiet = quiet
        self.progress = progress_bar(quiet=quiet)
        self.bar: Any = None
        self._every = max(1, epochs // _LINES)
        self._last = ""  # the line of an epoch that left none

    def __enter__(self) -> "FitProgress":
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Begin a new bar."""
        name = f"epoch {epoch + 1}/{self.epochs}"
        self.bar = self.progress.add_task(name, total=self.params["steps"], text="")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """One batch further."""
        if not self.progress.disable:
            self.progress.update(self.bar, advance=1, text=_measures(logs))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Leave a line in place of the bar."""
        self.progress.remove_task(self.bar)
        self._last = f"epoch {epoch + 1}/{self.epochs}: {_measures(logs)}"
        if epoch < _FIRST or epoch % self._every == 0:
            self._leave_line()

    def on_train_end(self, logs: Any = None) -> None:
        """Leave the line of the last epoch."""
        self._leave_line()

    def _leave_line(self) -> None:
        if self._last:
            say(self._last, quiet=self.quiet)
        self._last = ""


class BatchProgress(keras.callbacks.Callback):
    """One bar over all batches of a short training.

    Args:
        bar: where it is shown.
        name: what is done.
    """

    def __init__(self, bar: Any, name: str) -> None:
        super().__init__()
        self.bar, self.name = bar, name
        self.row: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin anew with each training."""
        if self.row is not None:
            self.bar.reset(self.row)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Begin the bar with the first epoch."""
        if self.row is None:
            total = self.params["steps"] * self.params["epochs"]
            self.row = self.bar.add_task(self.name, total=total, text="")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """One batch further."""
        self.bar.update(self.row, advance=1, text=f"loss {float((logs or {})['loss']):.4f}")


def _measures(logs: Any) -> str:
    """All but the drift of every layer, which the history has."""
    shown = {k: v for k, v in (logs or {}).items() if not k.startswith(("cka_", "cosine_"))}
    return " · ".join(f"{name} {float(value):.4f}" for name, value in shown.items())
