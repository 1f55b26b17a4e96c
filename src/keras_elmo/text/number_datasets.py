"""Texts with numbers as data sets."""

import math
from pathlib import Path

from keras_elmo.text.datasets import CLASSIFICATION, OpenDataset, read_dataset
from keras_elmo.text.lines import DataError

REGRESSION = "regression"  # what is predicted: a number a text


class NumberDataset(OpenDataset):
    """Texts, in `labels` a float each."""

    def classes(self) -> list[str]:
        """None.

        Raises:
            DataError: all numbers are the same, which leaves nothing to learn.
        """
        if len(set(self.labels)) < 2:
            raise DataError(
                f"{self.path}: training needs different numbers. Received: {self.labels[0]} only. "
                "Is it the right label column?"
            )
        return []


def read_number_dataset(
    path: str | Path,
    file_format: str | None = None,
    text: str | None = None,
    label: str | None = None,
    *,
    header: bool | None = None,
) -> NumberDataset:
    """Read texts with numbers; arguments as of `read_dataset`.

    Raises:
        DataError: the file and line of what cannot be used, such as a label that is no number, NaN
            or infinite.
    """
    rows = read_dataset(path, file_format, CLASSIFICATION, text, label, header=header)
    numbers = [_number(path, *row) for row in zip(rows.lines, rows.labels, strict=True)]
    return NumberDataset(
        str(path), REGRESSION, rows.texts, numbers, rows.lines, skipped=rows.skipped
    )


def _number(path: str | Path, line: int, label: str) -> float:
    try:
        number = math.nan if "_" in label else float(label)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        message = f"the label must be a finite number, such as 3 or 0.25. Received: {label!r}"
        raise DataError.at(path, line, message)
    return number
