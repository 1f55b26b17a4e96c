"""The trained model that a command works with: a model folder, or an exported one."""

from pathlib import Path
from typing import Any

from keras_elmo.cli.backend import load_backend


def load_trained(folder: Path) -> Any:
    """The model in a folder: an exported one without Keras, a task with it."""
    from keras_elmo.runtime.manifest import is_exported

    if is_exported(folder):
        from keras_elmo.runtime.exported import load_exported

        return load_exported(folder)
    load_backend()
    from keras_elmo.tasks.loading import load_task

    return load_task(folder)
