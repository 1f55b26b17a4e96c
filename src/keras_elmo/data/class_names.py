"""Numbers of classes as their names, where a data set of the hub has both."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from keras_elmo.data.records import NumberedRecord
from keras_elmo.files.lines import DataError


def name_classes(
    path: str | Path, records: Iterator[NumberedRecord], features: Mapping[str, Any]
) -> Iterator[NumberedRecord]:
    """Records with names for numbers of classes, in lists too.

    Args:
        path: for errors.
        records: with numbers.
        features: column → its description, as `datasets.Features.to_dict` makes it: of classes
            `{"names": [...], "_type": "ClassLabel"}`, of lists of them that in `"feature"`.

    Raises:
        DataError: a number without a name, such as the -1 of what has no label.
    """
    for row, record in records:
        try:
            yield row, {key: _named(value, features.get(key)) for key, value in record.items()}
        except IndexError as error:
            raise DataError.at(path, row, str(error)) from error


def _named(value: Any, feature: Any) -> Any:
    if isinstance(feature, list) and feature:  # as older versions write it
        feature = {"feature": feature[0]}
    if not isinstance(feature, Mapping):
        return value
    if isinstance(value, list):
        return [_named(item, feature.get("feature")) for item in value]
    names = feature.get("names")
    if names is None or not isinstance(value, int):
        return value
    if 0 <= value < len(names):
        return names[value]
    hint = " It stands for no label: choose data with labels." if value == -1 else ""
    raise IndexError(
        f"a label must be a number from 0 to {len(names) - 1}. Received: {value}.{hint}"
    )
