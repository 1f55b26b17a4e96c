"""Labels as people write them ↔ the numbers a network is trained on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


class LabelEncoder:
    """Maps labels to class numbers and back.

    Args:
        labels: the name of each class, in the order of the network's outputs.

    Raises:
        ValueError: fewer than two labels, or one twice.
    """

    def __init__(self, labels: Sequence[str]):
        self.labels = [str(label) for label in labels]
        self._ids = {label: i for i, label in enumerate(self.labels)}
        if len(self.labels) < 2 or len(self._ids) < len(self.labels):
            raise ValueError(
                "`labels` must name at least two different classes. "
                f"Received: {self.labels}. With one class there is nothing to learn."
            )

    def encode(self, labels: Sequence[Any] | np.ndarray, where: str = "label") -> np.ndarray:
        """Class numbers, int32 `(len(labels),)`, of names or of class numbers.

        Raises:
            ValueError: a label that is not among the classes.
        """
        return np.array([self._id(y, f"{where} {i}") for i, y in enumerate(labels)], dtype=np.int32)

    def encode_sets(self, labels: Sequence[Sequence[Any]]) -> np.ndarray:
        """One row a list of labels, float32 `(len(labels), classes)` of 0 and 1."""
        rows = np.zeros((len(labels), len(self.labels)), dtype=np.float32)
        for row, names in zip(rows, labels, strict=True):
            row[self.encode([names] if isinstance(names, str) else names)] = 1.0
        return rows

    def class_weights(
        self, weights: Mapping[Any, float] | str | None, counts: np.ndarray
    ) -> np.ndarray:
        """The weight of each class, float32 `(classes,)`.

        Args:
            weights: label or class number → weight (1 where absent); `"balanced"`: inversely
                proportional to the class's frequency, 1 on average over the examples; None: all 1.
            counts: examples of each class.
        """
        table = np.ones(len(self.labels), dtype=np.float32)
        if weights == "balanced":
            present = counts > 0
            table[present] = counts.sum() / (present.sum() * counts[present])
        elif isinstance(weights, str):
            raise ValueError(
                "`class_weight` must be 'balanced' or a dict of label → weight. "
                f"Received: {weights!r}"
            )
        else:
            for label, weight in (weights or {}).items():
                table[self._id(label, "class_weight")] = weight
        return table

    def _id(self, label: Any, where: str) -> int:
        if isinstance(label, str) and label in self._ids:
            return self._ids[label]
        if isinstance(label, int | np.integer) and 0 <= label < len(self.labels):
            return int(label)
        shown = ", ".join(self.labels[:20]) + (", …" if len(self.labels) > 20 else "")
        raise ValueError(
            f"{where} must be one of the model's labels: {shown}. Received: {label!r}. A label "
            "that was not there in training cannot be learned or scored now."
        )


def class_names(labels: Sequence[str] | None, num_classes: int | None) -> list[str]:
    """The name of each class, "0", "1", … where only their number is given.

    Raises:
        ValueError: neither is given, or they do not agree.
    """
    if labels is None and num_classes is not None:
        return [str(i) for i in range(num_classes)]
    if labels is None or num_classes not in (None, len(labels)):
        count = None if labels is None else len(labels)
        raise ValueError(
            "Give `labels`, or `num_classes`, or both if they agree. "
            f"Received: {count} labels, num_classes={num_classes}"
        )
    return [str(label) for label in labels]
