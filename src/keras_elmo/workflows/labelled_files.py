"""What a training or an evaluation reads, checked before Keras is there."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_elmo.data.datasets import Dataset
from keras_elmo.data.kinds import check_kind, read_labelled
from keras_elmo.tasks.task_labels import TaskLabels

if TYPE_CHECKING:
    from keras_elmo.tasks.task import ElmoTask


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

    def facts(self, task: "ElmoTask") -> dict[str, int]:
        """What was passed over in the files and why, and what the task makes of the rest."""
        facts = task.data_facts(self.rows)
        if self.held_out and self.held_out.path != self.rows.path:  # else a part of the same file
            others = task.data_facts(self.held_out, held_out=True)
            facts |= {f"development set: {name}": count for name, count in others.items()}
        return facts


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
    more = {"header": header, "skip_bad": skip_bad}
    rows = read_labelled(path, file_format, task.kind, text, label or task.columns, **more)
    return rows.known_to(task.labels, task.scheme)


def check_options(dataset: Dataset, *, ordinal: bool, cross_attention: bool) -> None:
    """Refuse what is not for data of this kind.

    Args:
        dataset: the training set.
        ordinal: the labels have an order.
        cross_attention: each text of a pair attends to the other.

    Raises:
        ValueError: labels of this kind have no order, or there are no pairs.
    """
    kind = check_kind(dataset.kind)
    if cross_attention and not kind.is_pair:
        raise ValueError(
            f"only texts of a pair attend to each other. Received: {kind.name}, cross_attention"
        )
    reason = kind.no_order
    if not reason and dataset.labels and isinstance(dataset.labels[0], list):
        reason = "several labels of a text have no order"
    if ordinal and reason:
        raise ValueError(f"{reason}. Received: ordinal=True (--ordinal) for {dataset.path}")
