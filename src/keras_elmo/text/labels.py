"""Labels as people write them ↔ the numbers a network is trained on."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_elmo.text.rows import as_rows, column_names, is_missing, plain

Label = str | int | float | bool


class LabelEncoder:
    """Maps labels to class numbers and back.

    A value means the label that it equals, or that is written the same: `1`, `1.0` and `"1"` all
    mean the label 1. Where no label is a number, an integer is the number of a class.

    Args:
        labels: the label of each class, in the order of the network's outputs: strings, integers,
            booleans or numbers.

    Attributes:
        labels: the labels, as Python's own types.
        names: the labels as they are written, a string each.

    Raises:
        ValueError: fewer than two labels, two that are the same or written the same, or one of
            another type.
    """

    def __init__(self, labels: Any) -> None:
        self.labels: list[Any] = list(map(_label, as_rows(labels, "labels")))
        self.names = list(map(str, self.labels))
        # Equal numbers are one key: 1, 1.0 and True.
        self._ids = {label: i for i, label in enumerate(self.labels)}
        self._names = {name: i for i, name in enumerate(self.names)}
        self._numbered = any(map(_is_number, self.labels))
        if len(self.labels) < 2 or min(len(self._ids), len(self._names)) < len(self.labels):
            raise ValueError(
                "`labels` must name at least two different classes. "
                f"Received: {self.labels}. With one class there is nothing to learn."
            )

    def encode(self, labels: Sequence[Any] | np.ndarray, where: str = "label") -> np.ndarray:
        """Class numbers, int32 `(len(labels),)`.

        Raises:
            ValueError: a label that is not among the classes.
        """
        return np.array(
            [self.encode_one(y, f"{where} {i}") for i, y in enumerate(labels)], np.int32
        )

    def encode_one(self, label: Any, where: str) -> int:
        """The number of a label's class.

        Args:
            label: a label; a list of one counts as it, as a column `(n, 1)` has them.
            where: what it is, for the error.

        Raises:
            ValueError: the label is not among the classes.
        """
        if type(label) is str and label in self._names:  # by far the most frequent
            return self._names[label]
        value = plain(label, where)
        if isinstance(value, list | tuple) and len(value) == 1:
            value = value[0]
        found = None if isinstance(value, list | tuple | dict) else self._find(value)
        if found is None:
            raise self._refusal(value, where)
        return found

    def decode(self, ids: Sequence[int] | np.ndarray) -> list[Any]:
        """The labels of class numbers."""
        return [self.labels[i] for i in ids]

    def encode_sets(self, sets: Sequence[Sequence[Any]]) -> np.ndarray:
        """What `read_sets` gave, as rows of 0 and 1: float32 `(len(sets), classes)`."""
        rows = np.zeros((len(sets), len(self.labels)), dtype=np.float32)
        for row, own in zip(rows, sets, strict=True):
            row[[self._ids[label] for label in own]] = 1.0
        return rows

    def read_sets(self, y: Any) -> list[list[Any]]:
        """Lists of labels, of such lists or of a matrix of 0 and 1.

        Args:
            y: a list of labels for each sentence (a set too; a string is a list of one); or 0 and
                1, `(sentences, classes)`, as an array, a sparse matrix, lists, or a frame whose
                columns are the labels.

        Raises:
            ValueError: a matrix of another size or with other numbers; a row that repeats a class;
                an unknown label; two classes and rows of 0 and 1 that could mean either.
        """
        y = list(y) if hasattr(y, "__next__") else y  # what can be read once
        matrix = self._matrix(y)
        if matrix is not None:
            return [[self.labels[i] for i in np.flatnonzero(row)] for row in matrix]
        sets = [[row] if isinstance(row, str) else row for row in as_rows(y, "y")]
        return [self._read_set(names, i) for i, names in enumerate(sets)]

    def class_weights(
        self, weights: Mapping[Any, float] | str | None, counts: np.ndarray
    ) -> np.ndarray:
        """The weight of each class, float32 `(classes,)`.

        Args:
            weights: label → weight (1 where absent); `"balanced"`: inversely proportional to the
                class's frequency, 1 on average over the examples; None: all 1.
            counts: examples of each class.
        """
        table = np.ones(len(self.labels), dtype=np.float32)
        if weights == "balanced":
            present = counts > 0
            table[present] = counts.sum() / (present.sum() * counts[present])
            return table
        if weights is not None and not isinstance(weights, Mapping):
            raise ValueError(
                "`class_weight` must be 'balanced' or a dict of label → weight, such as "
                f"{{{self.labels[0]!r}: 2.0}}. Received: {weights!r:.80}"
            )
        for label, weight in (weights or {}).items():
            weight = plain(weight, "class_weight")
            if not isinstance(weight, int | float) or not 0.0 <= weight < math.inf:
                raise ValueError(
                    "`class_weight` must hold finite numbers of at least 0. "
                    f"Received: {weight!r} for {label!r}"
                )
            table[self.encode_one(label, "class_weight")] = weight
        return table

    def _find(self, value: Any) -> int | None:
        if value in self._ids:
            return self._ids[value]
        if str(value) in self._names:
            return self._names[str(value)]
        if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
            return self._find(int(value))
        if isinstance(value, int) and not self._numbered and 0 <= value < len(self.labels):
            return value
        return None

    def _refusal(self, value: Any, where: str) -> ValueError:
        shown = ", ".join(map(repr, self.labels[:20])) + (", …" if len(self.labels) > 20 else "")
        if isinstance(value, list | tuple) and len(value) == len(self.labels):
            hint = "Of rows with a 1 for the class take its number: `y.argmax(axis=1)`."
        elif isinstance(value, list | tuple):
            hint = "Several labels of one text need `multi_label=True`."
        elif is_missing(value):
            hint = "It is missing: leave that row out."
        else:
            hint = "A label that was not there in training cannot be learned or scored now."
        return ValueError(
            f"{where} must be one of the model's labels: {shown}. Received: {value!r:.80}. {hint}"
        )

    def _read_set(self, names: Any, i: int) -> list[Any]:
        names = sorted(names, key=str) if isinstance(names, set | frozenset) else names
        if not isinstance(names, list | tuple):
            raise ValueError(
                "`y` must hold a list of labels for each sentence, such as "
                f"{self.labels[:1]}. Received: {names!r:.80} for sentence {i}"
            )
        ids = [self.encode_one(name, f"sentence {i}, label") for name in names]
        if len(set(ids)) < len(ids):
            raise ValueError(
                f"sentence {i} has a label twice. Received: {names!r:.80}. A matrix of 0 and 1 "
                f"has a column for each of the {len(self.labels)} classes."
            )
        return self.decode(ids)

    def _matrix(self, y: Any) -> np.ndarray | None:
        """Rows of 0 and 1 for each class, or None where `y` holds lists of labels."""
        columns = column_names(y)
        if columns is not None and len(columns) > 1:
            return self._frame_matrix(y, list(map(str, columns)))
        if hasattr(type(y), "toarray"):  # a sparse matrix
            y = y.toarray()
        size = len(self.labels)
        if len(shape := getattr(y, "shape", ())) == 2:
            values = as_rows(y, "y")
            if not all(_is_number(value) for row in values for value in row):
                return None  # an array of names
            if shape[1] != size:
                self._refuse_matrix(f"the shape {tuple(shape)}")
            return self._zeros_and_ones(values)
        rows = as_rows(y, "y")
        if not rows or not all(
            isinstance(row, list | tuple) and len(row) == size and all(map(_is_bit, row))
            for row in rows
        ):
            return None
        if size == 2 and all(sorted(row) == [0, 1] for row in rows):
            raise ValueError(
                "`y` could be rows of 0 and 1 or lists of labels. "
                f"Received: {rows[0]!r} for the first sentence. For a matrix write `np.array(y)`, "
                f"for lists the labels' names, such as {self.names}"
            )
        return self._zeros_and_ones(rows)

    def _frame_matrix(self, y: Any, columns: list[str]) -> np.ndarray:
        if set(columns) != set(self.names) or len(columns) != len(self.names):
            raise ValueError(
                f"the columns of `y` must be the model's labels: {', '.join(self.names)}. "
                f"Received: {', '.join(columns)}. Take those: `y=frame[labels]`"
            )
        given = dict(zip(columns, column_names(y) or [], strict=True))
        values = [as_rows(y[given[name]], "y") for name in self.names]
        return self._zeros_and_ones(list(zip(*values, strict=True)))

    def _zeros_and_ones(self, rows: Sequence[Sequence[Any]]) -> np.ndarray:
        for i, row in enumerate(rows):
            if not all(map(_is_bit, row)):
                self._refuse_matrix(f"{list(row)!r:.80} for sentence {i}")
        return np.array(rows, np.int8).reshape(len(rows), len(self.labels))

    def _refuse_matrix(self, received: str) -> None:
        raise ValueError(
            "a matrix of labels must hold 0 and 1, a row for each sentence and a column for each "
            f"of the {len(self.labels)} labels: {', '.join(self.names[:20])}. Received: {received}"
        )


def class_labels(labels: Any, num_classes: int | None) -> list[Any]:
    """The label of each class: the numbers 0, 1, … where only their number is given.

    Raises:
        ValueError: neither is given, or they do not agree.
    """
    if labels is None and num_classes is not None:
        return list(range(num_classes))
    if isinstance(labels, set | frozenset):
        raise ValueError(
            "`labels` must be in an order, that of the network's outputs. Received: a set. "
            "Write `labels=sorted(labels)`."
        )
    found = None if labels is None else as_rows(labels, "labels")
    if found is None or num_classes not in (None, len(found)):
        count = None if found is None else len(found)
        raise ValueError(
            "Give `labels`, or `num_classes`, or both if they agree. "
            f"Received: {count} labels, num_classes={num_classes}"
        )
    return found


def _label(value: Any) -> Any:
    if not isinstance(value, str | int | float) or is_missing(value):
        raise ValueError(
            f"a label must be a string, a number or a boolean. Received: {value!r:.80} in `labels`"
        )
    return value


def _is_number(value: Any) -> bool:
    """Whether a label is a number, or written as one."""
    if not isinstance(value, str):
        return isinstance(value, int | float)
    return value.removeprefix("-").isdecimal()


def _is_bit(value: Any) -> bool:
    return isinstance(value, int | float) and value in (0, 1)
