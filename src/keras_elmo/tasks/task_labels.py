"""What a trained task predicts, told by `task.json`, so that files are checked without Keras."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Self

from keras_elmo.data.kinds import KINDS
from keras_elmo.runtime.manifest import is_exported, read_manifest
from keras_elmo.tasks.registry import check_name, kind_of


@dataclass(frozen=True)
class TaskLabels:
    """Kind and labels of a trained task.

    Attributes:
        kind: as of a data set.
        labels: the classes as they are written; of several columns those of each by its name.
        scheme: of tags that mark spans; of several columns by name.
    """

    kind: str
    labels: Any
    scheme: str | Mapping[str, str] | None = None

    @classmethod
    def of(cls, class_name: str, config: Mapping[str, Any]) -> Self:
        """Those of a task with these constructor arguments."""
        return cls.of_kind(kind_of(class_name, config), config)

    @classmethod
    def of_kind(cls, kind: str, config: Mapping[str, Any]) -> Self:
        """Those of a task of this kind with these arguments."""
        scheme = config.get("scheme") or config.get("schemes")
        return cls(kind, KINDS[kind].labels(config), scheme)

    @property
    def columns(self) -> str | None:
        """Where the labels stand in a file, if they are those of several columns."""
        return ",".join(self.labels) if isinstance(self.labels, Mapping) else None


def task_folder(folder: str | PathLike[str]) -> Path:
    """Where the files of a trained task are.

    Args:
        folder: of a preset with a trained task, perhaps as `hf://user/name`.

    Raises:
        FileNotFoundError: no such folder.
        ValueError: it holds an ELMo but no trained task, or an exported model.
    """
    # Not on top: what an exported model needs is imported without h5py.
    from keras_elmo.weights.sources.location import locate
    from keras_elmo.weights.sources.presets import TASK_FILE, preset_folder

    if is_exported(folder):
        raise ValueError(
            f"{folder} holds an exported model, which cannot be trained or changed: `keras-elmo "
            f"predict {folder} new.txt` and `keras_elmo.load_exported({str(folder)!r})` predict "
            "with it. Name the model folder that it was exported from."
        )
    place = preset_folder(locate(folder))
    if not (place / TASK_FILE).is_file():
        raise ValueError(
            f"{folder} holds an ELMo but no trained task ({TASK_FILE}). Train one on it, e.g. "
            f"`keras-elmo train reviews.csv --preset {folder} -o model/`."
        )
    return place


def read_task_labels(folder: str | PathLike[str]) -> TaskLabels:
    """Kind and labels of the trained task in a folder, see `task_folder`, or exported model.

    Raises:
        ValueError: also a task that is not known here.
    """
    if is_exported(folder):
        manifest = read_manifest(folder)
        try:
            return TaskLabels.of_kind(manifest.kind, manifest.settings)
        except (KeyError, TypeError, AttributeError) as error:
            raise manifest.error(f"'settings' must name the labels ({error!r:.80})") from error
    from keras_elmo.weights.descriptions import read_description
    from keras_elmo.weights.errors import WeightsError
    from keras_elmo.weights.sources.presets import TASK_FILE

    path = task_folder(folder) / TASK_FILE
    name, config = read_description(path)
    check_name(name, path)
    try:
        return TaskLabels.of(name, config)
    except (KeyError, TypeError) as error:
        raise WeightsError(
            f"{path}: a task must name its labels. Received: {error}. Copy the folder once more."
        ) from error
