"""Load a trained task without knowing which one it is."""

from os import PathLike
from typing import TYPE_CHECKING, Any

from keras_elmo.tasks.registry import check_name, task_class
from keras_elmo.tasks.task_labels import task_folder
from keras_elmo.weights.descriptions import read_description
from keras_elmo.weights.sources.presets import TASK_FILE

if TYPE_CHECKING:
    from keras_elmo.tasks.task import ElmoTask


def load_task(folder: str | PathLike[str], **overrides: Any) -> "ElmoTask":
    """Load the task that `save_to_preset` wrote, whichever it is.

    Args:
        folder: of a preset with a trained task, perhaps as `hf://user/name`.
        overrides: constructor arguments to replace.

    Raises:
        FileNotFoundError: no such folder.
        ValueError: it holds an ELMo but no trained task, or one that is not known here.
    """
    place = task_folder(folder)
    name, _ = read_description(place / TASK_FILE)
    check_name(name, place / TASK_FILE)
    return task_class(name).from_preset(place, **overrides)
