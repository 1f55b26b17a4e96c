"""The kinds of labelled data: how each is read, what may be said of it, how predictions look."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from keras_elmo.data.datasets import (
    CLASSIFICATION,
    MULTI_LABEL,
    SEQ2SEQ,
    TAGGING,
    Dataset,
    read_dataset,
)
from keras_elmo.data.formats import read_texts
from keras_elmo.data.joint_datasets import JOINT, is_joint, read_joint
from keras_elmo.data.number_datasets import (
    PAIR_REGRESSION,
    REGRESSION,
    read_number_dataset,
    read_number_pairs,
)
from keras_elmo.data.pair_datasets import PAIR, read_pair_dataset, read_text_pairs
from keras_elmo.data.prediction_formats import (
    formats_of_classes,
    formats_of_records,
    formats_of_tags,
)
from keras_elmo.data.question_datasets import QA, read_question_dataset, read_questions
from keras_elmo.data.squad import is_squad


def class_names(config: Mapping[str, Any]) -> Any:
    """The labels in a task's configuration, as they are written in files."""
    return list(map(str, config.get("labels") or []))


def _names_of_columns(config: Mapping[str, Any]) -> dict[str, list[str]]:
    labels = {**config["labels"], **(config.get("sentence_labels") or {})}
    return {column: list(map(str, found)) for column, found in labels.items()}


@dataclass(frozen=True)
class DataKind:
    """A kind of labelled data, and what a task that is trained on them can do.

    Attributes:
        name: as `--task` has it.
        holds: what there is to predict.
        read: `(path, file_format, text, label, *, header)` → data set.
        read_inputs: `(path, file_format, text, *, header, skipped)` → what is predicted on.
        labels: what a trained task knows, from its configuration; of several columns by name.
        settings: arguments of a task that tell this kind from others of the same class.
        no_order: why its labels have no order; empty where they may have one.
        is_pair: whether a row is two texts.
        skips_bad: whether rows that cannot be used may be left out (`skip_bad=True` of `read`).
        formats: labels → the formats in which predictions are written.
        steps: what may follow a training: `"ngrams"`, `"calibrate"`.
    """

    name: str
    holds: str
    read: Callable[..., Dataset]
    read_inputs: Callable[..., Iterator[Any]] = read_texts
    labels: Callable[[Mapping[str, Any]], Any] = class_names
    settings: Mapping[str, Any] = field(default_factory=dict)
    no_order: str = "what is predicted has no order"
    is_pair: bool = False
    skips_bad: bool = False
    formats: Callable[[Any], tuple[str, ...]] = formats_of_records
    steps: tuple[str, ...] = ()


KINDS: dict[str, DataKind] = {}


def add_kind(kind: DataKind) -> DataKind:
    """Make a kind of data known, to `--task` too.

    Raises:
        ValueError: there is another one of this name.
    """
    if KINDS.setdefault(kind.name, kind) != kind:
        raise ValueError(f"a kind of data must have a name of its own. Received: {kind.name!r}")
    return kind


def check_kind(name: str) -> DataKind:
    """The kind of this name.

    Raises:
        ValueError: there is none.
    """
    if name not in KINDS:
        raise ValueError(f"a task is one of {', '.join(KINDS)}. Received: {name!r}")
    return KINDS[name]


def read_labelled(
    path: str | Path,
    file_format: str | None = None,
    kind: str | None = None,
    text: str | None = None,
    label: str | None = None,
    *,
    header: bool | None = None,
    skip_bad: bool = False,
) -> Dataset:
    """Read a labelled file of any kind.

    Args:
        path, file_format, text, label, header: as of `read_dataset`.
        kind: the default is told by the data: `.json` holds questions, several columns are joint;
            for all others see `read_dataset`.
        skip_bad: leave out questions that cannot be used, and count them; see `read_squad`.
    """
    if kind is None and file_format is None and is_squad(path):
        kind = QA
    if skip_bad and not (kind and check_kind(kind).skips_bad):
        raise ValueError(
            f"bad records are skipped among questions only. Received: {path} with skip_bad"
        )
    if kind is None and is_joint(path, file_format, label):
        kind = JOINT
    if kind is None:
        return read_dataset(path, file_format, None, text, label, header=header)
    more = {"skip_bad": True} if skip_bad else {}
    return check_kind(kind).read(path, file_format, text=text, label=label, header=header, **more)


def _read_joint(path: Any, file_format: str | None, *, header: Any = None, **how: Any) -> Dataset:
    return read_joint(path, file_format, **how)  # which has no header


def _read_answers(path: Any, file_format: str | None, **how: Any) -> Dataset:
    return read_question_dataset(path, file_format, skip_bad=how.get("skip_bad", False))


def _read_questions(path: Any, file_format: str | None, *_: Any, **how: Any) -> Iterator[Any]:
    return read_questions(path, file_format, skipped=how["skipped"])


def _read_pairs(*where: Any, **how: Any) -> Iterator[Any]:
    return (pair.texts for pair in read_text_pairs(*where, **how))


_SEVERAL = "several labels of a text have no order"
_TAGS, _NUMBERS = "tags have no order", "numbers are no classes"
_OF_TAGS: dict[str, Any] = {"no_order": _TAGS, "formats": formats_of_tags}
_OF_PAIRS: dict[str, Any] = {"read_inputs": _read_pairs, "is_pair": True}


def _known(name: str, holds: str, read: Callable[..., Dataset] | None = None, **facts: Any) -> None:
    add_kind(DataKind(name, holds, read or partial(read_dataset, kind=name), **facts))


_known(
    CLASSIFICATION,
    "one label of one text",
    no_order="",
    formats=formats_of_classes,
    steps=("ngrams", "calibrate"),
)
_known(
    MULTI_LABEL,
    "several labels",
    settings={"multi_label": True},
    no_order=_SEVERAL,
    formats=formats_of_classes,
    steps=("calibrate",),
)
_known(TAGGING, "a tag for each token", **_OF_TAGS)
_known(SEQ2SEQ, "another text")
_known(
    QA,
    "answers in a passage",
    _read_answers,
    read_inputs=_read_questions,
    no_order=_SEVERAL,
    skips_bad=True,
)
_known(JOINT, "several columns", _read_joint, labels=_names_of_columns, **_OF_TAGS)
_known(PAIR, "pairs of texts", read_pair_dataset, no_order="", steps=("calibrate",), **_OF_PAIRS)
_known(REGRESSION, "a number", read_number_dataset, no_order=_NUMBERS)
_known(PAIR_REGRESSION, "a number", read_number_pairs, no_order=_NUMBERS, **_OF_PAIRS)
