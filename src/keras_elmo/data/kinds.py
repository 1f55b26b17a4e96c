"""The kinds of labelled data: the roles that each has, and what may be said of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from keras_elmo.data import roles
from keras_elmo.data.bad_rows import RowError
from keras_elmo.data.datasets import (
    CLASSIFICATION,
    JOINT,
    MULTI_LABEL,
    PAIR,
    PAIR_REGRESSION,
    QA,
    REGRESSION,
    SEQ2SEQ,
    TAGGING,
    Dataset,
    JointDataset,
    NumberDataset,
    NumberPairDataset,
    PairDataset,
    QuestionDataset,
    SequenceDataset,
)
from keras_elmo.data.predictions.prediction_formats import (
    formats_of_classes,
    formats_of_records,
    formats_of_tags,
)
from keras_elmo.data.readers.squad import answer_spans, question_string
from keras_elmo.data.reading import Fields, Reading
from keras_elmo.data.roles import Columns, Wanted
from keras_elmo.metrics.selection import Selection
from keras_elmo.metrics.sequences import OF_TEXTS, check_sacrebleu
from keras_elmo.text.tags import marks_spans

CORRELATIONS = ("pearson", "spearman")
_MACRO_F1 = "macro_f1"
_OF_CLASSES = ("accuracy", _MACRO_F1, "loss")  # by what the best epoch may be chosen
Target = Callable[[Fields, Columns, Any, Reading], Any]


def class_names(config: Mapping[str, Any]) -> Any:
    """The labels in a task's configuration, as they are written in files."""
    return list(map(str, config.get("labels") or []))


def _names_of_columns(config: Mapping[str, Any]) -> dict[str, list[str]]:
    labels = {**config["labels"], **(config.get("sentence_labels") or {})}
    return {column: list(map(str, found)) for column, found in labels.items()}


# === What is read, and what is to be predicted ===


def read_text(fields: Fields, columns: Columns) -> Any:
    """A text, or its tokens; of two inputs a tuple of them."""
    if len(columns.inputs) == 1:
        [name] = columns.inputs
        return roles.text(roles.value_of(fields, name), name)
    return tuple(roles.text(roles.value_of(fields, name), name) for name in columns.inputs)


def _question(fields: Fields, columns: Columns) -> tuple[str, str]:
    question, passage = (roles.value_of(fields, name) for name in columns.inputs)
    return question_string(question, "question"), question_string(passage, "passage")


def _the_label(fields: Fields, columns: Columns, _: Any, how: Reading) -> str:
    [name] = columns.target.values()
    found = roles.labels(roles.value_of(fields, name), how.label_separator)
    if isinstance(found, list) and len(found) != 1:
        message = f"expected one label. Received: {found}. Several are --task multi-label."
        raise RowError("several labels", message)
    return found[0] if isinstance(found, list) else found


def _any_labels(fields: Fields, columns: Columns, x: Any, how: Reading) -> str | list[str]:
    """A label, or several: a list, a cell with a separator, or columns of 0 and 1."""
    if len(columns.target) > 1:
        return [name for name, column in columns.target.items() if _is_one(fields, column)]
    [name] = columns.target.values()
    value = roles.value_of(fields, name)
    if value == "" and how.label_separator:
        return []
    return roles.labels(value, how.label_separator)


def _is_one(fields: Fields, column: str) -> bool:
    value = roles.label_string(roles.value_of(fields, column)).lower()
    if value not in ("0", "1", "0.0", "1.0", "true", "false"):
        message = f"of several label columns each holds 0 or 1. Received: {column}={value!r}"
        raise RowError("no 0 or 1", message)
    return value in ("1", "1.0", "true")


def _label_list(fields: Fields, columns: Columns, x: Any, how: Reading) -> list[str]:
    found = _any_labels(fields, columns, x, how)
    return found if isinstance(found, list) else [found]


def _another_text(fields: Fields, columns: Columns, _: Any, how: Reading) -> str:
    [name] = columns.target.values()
    value = roles.value_of(fields, name)
    if not isinstance(value, str) or not value.strip():
        message = f"the target is empty or no text. Received: {value!r}. Remove the row."
        raise RowError("empty target", message)
    return value.strip()


def _number(fields: Fields, columns: Columns, _: Any, how: Reading) -> float:
    [name] = columns.target.values()
    return roles.number(roles.value_of(fields, name))


def _tags(fields: Fields, columns: Columns, x: Any, how: Reading) -> list[str | None]:
    [name] = columns.target.values()
    return roles.tags(roles.value_of(fields, name), len(roles.tokens(x)))


def _columns(fields: Fields, columns: Columns, x: Any, how: Reading) -> dict[str, Any]:
    """Of each column a list of tags, or the label of the sentence."""
    found: dict[str, Any] = {}
    for name, column in columns.target.items():
        if column not in fields:
            message = f"the sentence must have {column!r}, such as a comment `# {column} = …`"
            raise RowError(f"no {column}", f"{message}. Received: {', '.join(map(str, fields))}")
        value = fields[column]
        is_list = isinstance(value, list)
        found[name] = roles.tags(value, len(roles.tokens(x))) if is_list else roles.labels(value)
    return found


def _answers(fields: Fields, columns: Columns, x: Any, how: Reading) -> list[tuple[int, int]]:
    [name] = columns.target.values()
    return answer_spans(fields, fields.get(name, []), x[1])


# === Kinds ===

_TEXT = Wanted([(*roles.TEXT_NAMES, *roles.TOKEN_NAMES)], roles.LABEL_NAMES)
_TOKENS = Wanted([(*roles.TOKEN_NAMES, *roles.TEXT_NAMES)], (*roles.TAG_NAMES, *roles.LABEL_NAMES))
_TWO = Wanted(list(zip(*roles.PAIR_COLUMNS, strict=True)), roles.LABEL_NAMES)


@dataclass(frozen=True)
class DataKind:
    """A kind of labelled data, and what a task that is trained on them can do.

    Attributes:
        name: as `--task` has it.
        holds: what there is to predict.
        wanted: the columns where none are said.
        read: record and columns → what is predicted on.
        target: record, columns, what `read` gave, and how the file is read → what is to be
            predicted.
        dataset: class of the data set.
        labels: what a trained task knows, from its configuration; of several columns by name.
        settings: arguments of a task that tell this kind from others of the same class.
        no_order: why its labels have no order; empty where they may have one.
        is_pair: whether a row is two texts.
        is_tagged: whether there is a tag for each token.
        unique_ids: whether no id may stand in a file twice.
        formats: labels → the formats in which predictions are written.
        metrics: the measures by which the best epoch may be chosen, the default first: each stands
            in the history of Keras's `fit` or in the task's `report`.
        span_metrics: those instead where labels mark spans; empty for the same.
        steps: what may follow a training: `"ngrams"`, `"calibrate"`.
        example: a file to predict on, as hints name it.
    """

    name: str
    holds: str
    target: Target = _the_label
    dataset: type[Dataset] = Dataset
    wanted: Wanted = _TEXT
    read: Callable[[Fields, Columns], Any] = read_text
    labels: Callable[[Mapping[str, Any]], Any] = class_names
    settings: Mapping[str, Any] = field(default_factory=dict)
    no_order: str = "what is predicted has no order"
    is_pair: bool = False
    is_tagged: bool = False
    unique_ids: bool = False
    formats: Callable[[Any], tuple[str, ...]] = formats_of_records
    metrics: tuple[str, ...] = ("loss",)
    span_metrics: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    example: str = "new.txt"

    def selection(
        self, labels: Any, metric: str | None = None, class_weight: Any = None
    ) -> Selection:
        """By what the best epoch is chosen.

        Args:
            labels: of the task; of several columns by name.
            metric: what is said; None for the default.
            class_weight: as of `fit`. With one the default is macro-F1 where there is such: rare
                classes count there as much as others.

        Raises:
            ValueError: a metric that these tasks do not have.
            SacrebleuMissingError: BLEU or chrF without sacrebleu.
        """
        spans = self.span_metrics and marks_spans(labels)
        known = self.span_metrics if spans else self.metrics
        weighed = class_weight is not None and _MACRO_F1 in known
        chosen = metric or (_MACRO_F1 if weighed else known[0])
        if chosen not in known:
            raise ValueError(
                f"`metric` (--metric) of a {self.name} task must be one of {', '.join(known)}. "
                f"Received: {metric!r}"
            )
        if chosen in OF_TEXTS:
            check_sacrebleu()
        return Selection(chosen)


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


_SEVERAL = "several labels of a text have no order"
_OF_TAGS: dict[str, Any] = {
    "wanted": _TOKENS,
    "no_order": "tags have no order",
    "is_tagged": True,
    "formats": formats_of_tags,
}
_OF_PAIRS: dict[str, Any] = {"wanted": _TWO, "is_pair": True, "example": "pairs.tsv"}
_OF_NUMBERS: dict[str, Any] = {
    "target": _number,
    "no_order": "numbers are no classes",
    "metrics": ("loss", "mae", "rmse", *CORRELATIONS),
}

for _kind in (
    DataKind(
        CLASSIFICATION,
        "one label of one text",
        no_order="",
        formats=formats_of_classes,
        metrics=_OF_CLASSES,
        steps=("ngrams", "calibrate"),
    ),
    DataKind(
        MULTI_LABEL,
        "several labels",
        target=_label_list,
        settings={"multi_label": True},
        no_order=_SEVERAL,
        formats=formats_of_classes,
        # Accuracy counts each label of a text for itself: where most are absent, none is good.
        metrics=("micro_f1", _MACRO_F1, "accuracy", "subset_accuracy", "loss"),
        steps=("calibrate",),
    ),
    DataKind(
        TAGGING,
        "a tag for each token",
        target=_tags,
        metrics=_OF_CLASSES,
        span_metrics=("f1", _MACRO_F1, "accuracy", "loss"),
        **_OF_TAGS,
    ),
    DataKind(
        SEQ2SEQ,
        "another text",
        target=_another_text,
        dataset=SequenceDataset,
        metrics=("accuracy", "exact_match", "token_error_rate", *OF_TEXTS, "loss"),
    ),
    DataKind(
        QA,
        "answers in a passage",
        target=_answers,
        dataset=QuestionDataset,
        wanted=Wanted([("question",), ("context", "passage")], ("answers",)),
        read=_question,
        no_order=_SEVERAL,
        unique_ids=True,
        metrics=("best_f1", "f1", "exact_match", "accuracy", "loss"),
        example="questions.json",
    ),
    DataKind(
        JOINT,
        "several columns",
        target=_columns,
        dataset=JointDataset,
        labels=_names_of_columns,
        metrics=("score", "accuracy", _MACRO_F1, "exact_match", "loss"),
        **_OF_TAGS,
    ),
    DataKind(
        PAIR,
        "pairs of texts",
        target=_any_labels,
        dataset=PairDataset,
        no_order="",
        metrics=_OF_CLASSES,
        steps=("calibrate",),
        **_OF_PAIRS,
    ),
    DataKind(REGRESSION, "a number", dataset=NumberDataset, **_OF_NUMBERS),
    DataKind(PAIR_REGRESSION, "a number", dataset=NumberPairDataset, **_OF_NUMBERS, **_OF_PAIRS),
):
    add_kind(_kind)

# One label or several, as the whole file tells.
UNDECIDED = replace(KINDS[CLASSIFICATION], target=_any_labels)
