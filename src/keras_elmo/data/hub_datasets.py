"""Data sets of the Hugging Face hub as records; `datasets` reads them (extra `datasets`)."""

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from keras_elmo._extras import needs_extra
from keras_elmo.data.records import NumberedRecord, name_classes, require_columns
from keras_elmo.files.lines import DataError, not_empty
from keras_elmo.files.offline import OFFLINE_VARIABLE, is_offline

with needs_extra("datasets", "data sets of the Hugging Face hub need the package datasets"):
    # By its name: type checkers take `import datasets` for the module beside this one.
    datasets: Any = import_module("datasets")

_ADDRESS = re.compile(  # a `Path` has lost the second slash
    r"hf:/{1,2}(?P<path>[^/@:]+(/[^/@:]+)?)(@(?P<revision>[^/:]+))?(/(?P<name>[^/:]+))?"
    r"(:(?P<split>.+))?"
)


def hub_records(address: str | Path, columns: Sequence[str]) -> Iterator[NumberedRecord]:
    """Stream the rows of a data set of the hub, counted from 1, with some of its columns.

    It is fetched into the hub's own cache unless it is there.

    Args:
        address: `hf://user/name`, with a configuration, a split or a part of it, and a branch, tag
            or commit where wanted: `hf://user/name@main/config:train[:10%]`.
        columns: the columns. Numbers of classes become their names, in lists too.

    Raises:
        DataError: it cannot be fetched, no split is named of several, no such column, no rows.
        ValueError: the address is none.
    """
    yield from dataset_records(address, _load(str(address)), columns)


def dataset_records(
    name: str | Path, dataset: Any, columns: Sequence[str]
) -> Iterator[NumberedRecord]:
    """Stream the rows of a `datasets.Dataset` as `hub_records` does; `name` is for errors."""
    require_columns(name, dataset.column_names, columns)
    chosen = dataset.with_format(None).select_columns(list(dict.fromkeys(columns)))
    rows = name_classes(name, enumerate(chosen, 1), dataset.features.to_dict())
    yield from not_empty(rows, name, "rows")


def _load(address: str) -> Any:
    found = _ADDRESS.fullmatch(address)
    if not found:
        raise ValueError(
            "a data set of the hub must be hf://user/name, hf://user/name/configuration or one of "
            f"these with a split, hf://user/name:train. Received: {address!r}"
        )
    if is_offline():
        datasets.config.HF_HUB_OFFLINE = True
    try:
        splits = datasets.load_dataset(**found.groupdict())
    except Exception as error:  # of the net, the service, the disk and the data: of many classes
        hint = f" {OFFLINE_VARIABLE} forbids to fetch it." if is_offline() else ""
        raise DataError(
            f"{address} cannot be read from the hub.{hint} {error}. Addresses are "
            "hf://user/name/configuration:split."
        ) from error
    if found["split"]:
        return splits
    if len(splits) == 1:
        return next(iter(splits.values()))
    raise DataError(
        f"{address}: one of its splits must be named: {', '.join(splits)}. Received: none. "
        f"Say {address}:{next(iter(splits))}"
    )
