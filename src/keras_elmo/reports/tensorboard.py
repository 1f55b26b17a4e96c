"""A history as a log that TensorBoard shows (extra `tensorboard`), on every backend."""

from collections.abc import Mapping
from os import PathLike

from keras_elmo._extras import needs_extra


class TensorBoardLog:
    """Scalars on their way to TensorBoard; `close` it at the end.

    Args:
        folder: the folder of the event files. Those of an interrupted run stay, and what the run
            does once more replaces what they hold.

    Raises:
        ImportError: tensorboardX is not installed.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        with needs_extra("tensorboard", "a TensorBoard log needs tensorboardX"):
            from tensorboardX import SummaryWriter
        # The name has the second of its birth, and two runs may begin within one.
        self._open = lambda step: SummaryWriter(
            str(folder), purge_step=step, filename_suffix=f".{step}"
        )
        self._writer = None

    def write(self, scalars: Mapping[str, float], step: int) -> None:
        """Add one value a name at a step of the training."""
        if self._writer is None:
            self._writer = self._open(step)
        for name, value in scalars.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Write what is still in memory."""
        if self._writer is not None:
            self._writer.close()
