"""Names in place of the numbers of classes, as the hub's `datasets` describes its columns."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from keras_elmo.data.bad_rows import RowError
from keras_elmo.data.reading import Record, Source


def name_classes(
    source: Source, rows: Iterable[tuple[int, Mapping[str, Any]]], features: Mapping[str, Any]
) -> Iterator[Record]:
    """Records with names for numbers of classes, in lists too.

    A number without a name, such as the -1 of what has no label, cannot be used.

    Args:
        source: the file.
        rows: numbered, with numbers.
        features: column → its description, as `datasets.Features.to_dict` makes it: of classes
            `{"names": [...], "_type": "ClassLabel"}`, of lists of them that in `"feature"`.
    """
    for row, fields in rows:
        try:
            named = {key: _named(value, features.get(key)) for key, value in fields.items()}
        except RowError as error:
            source.bad.add(row, error, fields)
        else:
            yield Record(row, named)


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
    message = f"a label must be a number from 0 to {len(names) - 1}. Received: {value}.{hint}"
    raise RowError("no label", message)
