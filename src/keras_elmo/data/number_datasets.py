"""Texts, and pairs of texts, with numbers as data sets."""

import math
from contextlib import suppress
from pathlib import Path

from keras_elmo.data.datasets import CLASSIFICATION, Dataset, OpenDataset, read_dataset
from keras_elmo.data.pair_datasets import PairDataset, read_pair_dataset
from keras_elmo.files.lines import DataError

# What is predicted: a number for a text, or for two.
REGRESSION, PAIR_REGRESSION = "regression", "pair-regression"


class NumberDataset(OpenDataset):
    """Texts, in `labels` a float each."""

    def classes(self) -> list[str]:
        """An empty list.

        Raises:
            DataError: all numbers are the same, which leaves nothing to learn.
        """
        if len(set(self.labels)) < 2:
            raise DataError(
                f"{self.path}: training needs different numbers. Received: {self.labels[0]} only. "
                "Is it the right label column?"
            )
        return []


class NumberPairDataset(NumberDataset, PairDataset):
    """Pairs of texts, in `labels` a float each."""


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
    return NumberDataset(str(path), REGRESSION, rows.texts, *_numbers(rows))


def read_number_pairs(
    path: str | Path,
    file_format: str | None = None,
    text: str | None = None,
    label: str | None = None,
    *,
    header: bool | None = None,
) -> NumberPairDataset:
    """Read pairs of texts with numbers; arguments as of `read_text_pairs`.

    Raises: as `read_number_dataset`.
    """
    rows = read_pair_dataset(path, file_format, text, label, header=header)
    return NumberPairDataset(str(path), PAIR_REGRESSION, rows.texts, *_numbers(rows))


def _numbers(rows: Dataset) -> tuple[list[float], list[int], None, dict[str, int]]:
    """Labels, lines, scheme and skipped rows of the data set with numbers."""
    labels = [_number(rows.path, *row) for row in zip(rows.lines, rows.labels, strict=True)]
    return labels, rows.lines, None, rows.skipped


def _number(path: str, line: int, label: str | list[str]) -> float:
    number = math.nan
    if isinstance(label, str) and "_" not in label:
        with suppress(ValueError):
            number = float(label)
    if not math.isfinite(number):
        message = f"the label must be a finite number, such as 3 or 0.25. Received: {label!r}"
        raise DataError.at(path, line, message)
    return number
