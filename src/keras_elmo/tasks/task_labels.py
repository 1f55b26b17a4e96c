"""What a trained task predicts, told by `task.json`, so that files are checked without Keras."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Self

from keras_elmo.data.datasets import CLASSIFICATION, MULTI_LABEL, SEQ2SEQ, TAGGING
from keras_elmo.data.joint_datasets import JOINT
from keras_elmo.data.number_datasets import PAIR_REGRESSION, REGRESSION
from keras_elmo.data.pair_datasets import PAIR
from keras_elmo.data.question_datasets import QA
from keras_elmo.weights.descriptions import read_description
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.sources.location import locate
from keras_elmo.weights.sources.presets import TASK_FILE, preset_folder

KIND_OF_TASK = {
    "ElmoTextClassifier": CLASSIFICATION,
    "ElmoPairClassifier": PAIR,
    "ElmoPairRegressor": PAIR_REGRESSION,
    "ElmoTextRegressor": REGRESSION,
    "ElmoTokenClassifier": TAGGING,
    "ElmoJointTagger": JOINT,
    "ElmoSeq2Seq": SEQ2SEQ,
    "ElmoQuestionAnswerer": QA,
}


@dataclass(frozen=True)
class TaskLabels:
    """Kind and labels of a trained task.

    Attributes:
        kind: as of a data set.
        labels: the classes as they are written; of a joint tagger those of each column by its name.
        scheme: of tags that mark spans.
        schemes: of a joint tagger, by column.
    """

    kind: str
    labels: Any
    scheme: str | None = None
    schemes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, class_name: str, config: Mapping[str, Any]) -> Self:
        """Those of a task with these constructor arguments."""
        kind = KIND_OF_TASK[class_name]
        if kind == CLASSIFICATION and config.get("multi_label"):
            kind = MULTI_LABEL
        if kind != JOINT:
            return cls(kind, _names(config.get("labels") or []), config.get("scheme"))
        labels = {**config["labels"], **(config.get("sentence_labels") or {})}
        names = {column: _names(found) for column, found in labels.items()}
        return cls(kind, names, schemes=config.get("schemes") or {})


def _names(labels: Sequence[Any]) -> list[str]:
    """How labels are written in files."""
    return list(map(str, labels))


def task_folder(folder: str | PathLike[str]) -> Path:
    """Where the files of a trained task are.

    Args:
        folder: of a preset with a trained task, perhaps as `hf://user/name`.

    Raises:
        FileNotFoundError: no such folder.
        ValueError: it holds an ELMo but no trained task.
    """
    place = preset_folder(locate(folder))
    if not (place / TASK_FILE).is_file():
        raise ValueError(
            f"{folder} holds an ELMo but no trained task ({TASK_FILE}). Train one on it, e.g. "
            f"`keras-elmo train reviews.csv --preset {folder} -o model/`."
        )
    return place


def read_task_labels(folder: str | PathLike[str]) -> TaskLabels:
    """Kind and labels of the trained task in a folder, see `task_folder`.

    Raises:
        ValueError: also a task that is not known here.
    """
    path = task_folder(folder) / TASK_FILE
    name, config = read_description(path)
    if name not in KIND_OF_TASK:
        allowed = ", ".join(KIND_OF_TASK)
        raise ValueError(f"{path} must describe one of {allowed}. Received: {name!r}")
    try:
        return TaskLabels.of(name, config)
    except (KeyError, TypeError) as error:
        raise WeightsError(
            f"{path}: a task must name its labels. Received: {error}. Copy the folder once more."
        ) from error
