"""Data sets of the Hugging Face hub as records; `datasets` reads them (extra `datasets`)."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from keras_elmo._extras import needs_extra
from keras_elmo.data.readers.class_names import name_classes
from keras_elmo.data.reading import Record, Source
from keras_elmo.files.lines import DataError
from keras_elmo.files.offline import OFFLINE_VARIABLE, is_offline

with needs_extra("datasets", "data sets of the Hugging Face hub need the package datasets"):
    # By its name: type checkers take `import datasets` for the module beside this one.
    datasets: Any = import_module("datasets")

_ADDRESS = re.compile(  # a `Path` has lost the second slash
    r"hf:/{1,2}(?P<path>[^/@:]+(/[^/@:]+)?)(@(?P<revision>[^/:]+))?(/(?P<name>[^/:]+))?"
    r"(:(?P<split>.+))?"
)


def read_hub(source: Source) -> Iterator[Record]:
    """Stream the rows of a data set of the hub, counted from 1; behind the first chosen columns.

    It is fetched into the hub's own cache unless it is there. Its address has a configuration, a
    split or a part of it, and a branch, tag or commit where wanted:
    `hf://user/name@main/config:train[:10%]`.

    Raises:
        DataError: it cannot be fetched, no split is named of several, no rows.
        ValueError: the address is none.
    """
    yield from dataset_records(source, _load(str(source.path)))


def dataset_records(source: Source, dataset: Any) -> Iterator[Record]:
    """Stream the rows of a `datasets.Dataset` as `read_hub` does."""
    source.bad.unit, source.names = "row", dataset.column_names
    rows = name_classes(source, _rows(source, dataset), dataset.features.to_dict())
    yield from source.not_empty(rows, "rows")


def _rows(source: Source, dataset: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    plain = dataset.with_format(None)
    if len(plain):
        yield 1, plain[0]
    chosen = plain.select_columns(list(source.select)) if source.select else plain
    yield from ((row, chosen[row - 1]) for row in range(2, len(plain) + 1))


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
