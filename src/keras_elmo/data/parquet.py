"""Parquet files as records; pyarrow reads them (extra `parquet`)."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_elmo._extras import needs_extra
from keras_elmo.data.records import NumberedRecord, name_classes, require_columns
from keras_elmo.files.json_files import loads
from keras_elmo.files.lines import DataError, not_empty
from keras_elmo.files.opening import check_file

with needs_extra("parquet", "Parquet files need pyarrow"):
    import pyarrow as pa  # pyright: ignore[reportMissingImports]
    import pyarrow.parquet as pq  # pyright: ignore[reportMissingImports]

_ROWS = 1024  # that are in memory at once


def parquet_records(path: str | Path, columns: Sequence[str]) -> Iterator[NumberedRecord]:
    """Stream the rows of a Parquet file, counted from 1, with some of its columns.

    Numbers of classes become names where the hub's `datasets` has noted these in the file.

    Raises:
        DataError: no Parquet file or a damaged one, no such column, no rows.
    """
    check_file(Path(path))
    try:
        with pq.ParquetFile(path) as file:
            require_columns(path, file.schema_arrow.names, columns)
            rows = name_classes(path, _rows(file, columns), _features(file.schema_arrow))
            yield from not_empty(rows, path, "rows")
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path}: no Parquet file, or a damaged one ({error}). Name another format, on the "
            "command line with `--format`, or write the file again."
        ) from error


def _rows(file: Any, columns: Sequence[str]) -> Iterator[NumberedRecord]:
    batches = file.iter_batches(batch_size=_ROWS, columns=list(dict.fromkeys(columns)))
    yield from enumerate((row for batch in batches for row in batch.to_pylist()), 1)


def _features(schema: Any) -> Mapping[str, Any]:
    noted = (schema.metadata or {}).get(b"huggingface")
    try:
        return loads(noted)["info"]["features"] if noted else {}
    except (ValueError, KeyError, TypeError):  # of another program
        return {}
