"""What a training or an evaluation reads, checked before Keras is there."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from keras_elmo.data.bad_rows import BadRow
from keras_elmo.data.datasets import REGRESSION, Dataset
from keras_elmo.data.examples import read_dataset
from keras_elmo.data.kinds import CORRELATIONS, KINDS, check_kind
from keras_elmo.data.reading import Reading
from keras_elmo.files.json_files import read_object
from keras_elmo.files.new_file import new_file
from keras_elmo.runtime.manifest import is_exported
from keras_elmo.tasks.task_labels import TaskLabels, task_folder

if TYPE_CHECKING:
    from keras_elmo.tasks.task import ElmoTask

RECORD = "data.json"  # how a model's data were read
SKIPPED = "skipped.jsonl"
_COLUMNS = ("texts", "labels", "lines")


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

    def in_scheme(self, scheme: str | None) -> Self:
        """The same data with tags of spans in a scheme; None leaves them as they are.

        Raises:
            ValueError: as of `Dataset.in_scheme`.
        """
        if scheme in (None, self.rows.scheme):
            return self
        rows, held_out = self.rows.in_scheme(scheme), self.held_out
        if held_out is None:
            return replace(self, rows=rows, labels=rows.classes())
        held_out = held_out.in_scheme(scheme)
        # A part that was held out may have types of spans that no other row has.
        parts = {name: getattr(rows, name) + getattr(held_out, name) for name in _COLUMNS}
        return replace(self, rows=rows, held_out=held_out, labels=replace(rows, **parts).classes())

    def facts(self, task: "ElmoTask") -> dict[str, int]:
        """What was passed over in the files and why, and what the task makes of the rest."""
        facts = task.data_facts(self.rows)
        if self.held_out and self.held_out.path != self.rows.path:  # else a part of the same file
            others = task.data_facts(self.held_out, held_out=True)
            facts |= {f"development set: {name}": count for name, count in others.items()}
        return facts

    def check_metric(self, metric: str | None) -> None:
        """Refuse a metric that the development set cannot tell.

        Raises:
            ValueError: there is none, or a correlation is to be measured on one number.
        """
        if metric and self.held_out is None:
            raise ValueError(
                "a metric chooses the best epoch on a development set. Received: --metric "
                f"{metric} without one. Give --dev, or --dev-split above 0."
            )
        if metric in CORRELATIONS and self.held_out and len(set(self.held_out.labels)) < 2:
            raise ValueError(
                f"{self.held_out.path}: {metric} needs different numbers to develop on. Received: "
                f"{self.held_out.labels[0]} only. Choose --metric rmse, give another --dev, or "
                "hold more out with --dev-split."
            )

    def warnings(self) -> list[str]:
        """What makes the choice of the best epoch worthless, a line each."""
        held_out = self.held_out
        if held_out is None:
            return []
        return [
            f"{held_out.path}: all {len(held_out)} rows to develop on have {one}, so that no "
            "measure tells a good epoch from a bad one. Give a --dev file with all labels, hold "
            "more out with --dev-split, or others with another --seed."
            for one in held_out.lone_labels()
        ]


def read_for(task: TaskLabels, path: str | Path, reading: Reading) -> Dataset:
    """Read a labelled file to measure a task on, or to train it further.

    Args:
        task: kind and labels of a trained one.
        path: the file.
        reading: what is said of it; the columns of a joint tagger are by default those of its
            heads' names.

    Raises:
        DataError: file and line of what cannot be used, or of a label that the task does not know.
        ValueError: the file does not fit the task.
    """
    label = reading.label or (None if reading.usual else task.columns)
    rows = read_dataset(path, replace(reading, task=task.kind, label=label))
    return rows.known_to(task.labels, task.scheme)


def said_of_data(options: Mapping[str, Any]) -> Reading:
    """What options say of a file; all others are passed over."""
    names = {field.name for field in fields(Reading)} & options.keys()
    return Reading(**{name: options[name] for name in names})


def as_in_training(folder: str | PathLike[str], reading: Reading) -> Reading:
    """What is said of a file, beside how the data of a trained task were read.

    Args:
        folder: of the task, perhaps exported.
        reading: what is said.

    Raises:
        ValueError: the record of it is damaged.
    """
    path = (Path(folder) if is_exported(folder) else task_folder(folder)) / RECORD
    if not path.is_file():  # of an earlier version
        return reading
    known = {field.name for field in fields(Reading)}
    said = {name: x for name, x in read_object(path).items() if name in known}
    return replace(reading, usual=Reading(**said))


def write_record(folder: Path, *rows: Dataset | None) -> None:
    """Write into a model folder how its data were read, and the rows that were left out."""
    found = [part for part in rows if part is not None]
    said = json.dumps(found[0].reading.to_json(), ensure_ascii=False, indent=2)
    (folder / RECORD).write_text(f"{said}\n", encoding="utf-8")
    bad = {
        row: None for part in found for row in part.bad_rows
    }  # two parts of a file have the same
    write_skipped(list(bad), folder / SKIPPED)


def write_skipped(rows: Sequence[BadRow], path: Path) -> None:
    """Write rows that were left out, a JSON object a line: file, line, reason, message, content.

    Where there are none, there is no file.
    """
    if rows:
        with new_file(path, overwrite=True) as unfinished:
            lines = (json.dumps(row._asdict(), ensure_ascii=False) for row in rows)
            unfinished.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    else:
        path.unlink(missing_ok=True)


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


def check_class_weight(dataset: Dataset, class_weight: str | None) -> None:
    """Refuse class weights where nothing is a class.

    Raises:
        ValueError: they are asked for, and what is predicted is a number, a text or an answer.
    """
    if class_weight is not None and not dataset.has_classes:
        numbers = " To take the numbers for classes, say --task classification."
        raise ValueError(
            f"class weights are for labels and tags. Received: --class-weight {class_weight} for "
            f"{dataset.path} ({dataset.kind}), whose rows hold {KINDS[dataset.kind].holds}. Leave "
            f"it out.{numbers if dataset.kind == REGRESSION else ''}"
        )
