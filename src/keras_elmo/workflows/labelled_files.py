"""What a training or an evaluation reads, checked before Keras is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_elmo.data.datasets import MULTI_LABEL, SEQ2SEQ, TAGGING, Dataset
from keras_elmo.data.joint_datasets import JOINT, JointDataset
from keras_elmo.data.number_datasets import PAIR_REGRESSION, REGRESSION
from keras_elmo.data.pair_datasets import PAIR
from keras_elmo.data.question_datasets import read_labelled
from keras_elmo.tasks.task_labels import TaskLabels


@dataclass(frozen=True)
class LabelledData:
    """What a training reads.

    Attributes:
        rows: to train on.
        held_out: to develop on; None for nothing.
        labels: the classes; of several columns by name.
    """

    rows: Dataset
    held_out: Dataset | None
    labels: Any


def read_for(
    task: TaskLabels,
    path: str | Path,
    file_format: str | None = None,
    text: str | None = None,
    label: str | None = None,
    *,
    header: bool | None = None,
    skip_bad: bool = False,
) -> Dataset:
    """Read a labelled file to measure a task on, or to train it further.

    Args:
        task: kind and labels of a trained one.
        path, file_format, text, label, header, skip_bad: as of `read_labelled`; the columns of a
            joint tagger are by default those of its heads' names.

    Raises:
        DataError: file and line of what cannot be used, or of a label that the task does not know.
        ValueError: the file does not fit the task.
    """
    if task.kind == JOINT:
        label = label or ",".join(task.labels)
    more = {"header": header, "skip_bad": skip_bad}
    rows = read_labelled(path, file_format, task.kind, text, label, **more)
    if isinstance(rows, JointDataset):
        rows.require_columns(task.labels)
        rows = rows.in_schemes(task.schemes)
        rows.require(task.labels)
        return rows
    rows = rows.in_scheme(task.scheme)
    if rows.kind != SEQ2SEQ:  # whose unknown symbols are counted instead
        rows.require(task.labels)
    return rows


def check_options(dataset: Dataset, *, ordinal: bool, cross_attention: bool) -> None:
    """Refuse what is not for data of this kind.

    Args:
        dataset: the training set.
        ordinal: the labels have an order.
        cross_attention: each text of a pair attends to the other.

    Raises:
        ValueError: labels of this kind have no order, or there are no pairs.
    """
    kind, received = dataset.kind, f"Received: ordinal=True (--ordinal) for {dataset.path}"
    if cross_attention and kind not in (PAIR, PAIR_REGRESSION):
        raise ValueError(
            f"only texts of a pair attend to each other. Received: {kind}, cross_attention"
        )
    if ordinal and kind in (TAGGING, JOINT):
        raise ValueError(f"tags have no order. {received}")
    if ordinal and kind in (REGRESSION, PAIR_REGRESSION):
        raise ValueError(f"numbers are no classes. {received}")
    if ordinal and (kind == MULTI_LABEL or _has_lists(dataset.labels)):
        raise ValueError(f"several labels of a text have no order. {received}")


def _has_lists(labels: Sequence[Any]) -> bool:
    return bool(labels) and isinstance(labels[0], list)
