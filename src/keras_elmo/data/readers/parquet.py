"""Parquet files as records; pyarrow reads them (extra `parquet`)."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from keras_elmo._extras import needs_extra
from keras_elmo.data.readers.class_names import name_classes
from keras_elmo.data.reading import Record, Source
from keras_elmo.files.json_files import loads
from keras_elmo.files.lines import DataError
from keras_elmo.files.opening import check_file

with needs_extra("parquet", "Parquet files need pyarrow"):
    import pyarrow as pa  # pyright: ignore[reportMissingImports]
    import pyarrow.parquet as pq  # pyright: ignore[reportMissingImports]

_ROWS = 1024  # that are in memory at once


def read_parquet(source: Source) -> Iterator[Record]:
    """Stream the rows of a Parquet file, counted from 1; behind the first only chosen columns.

    Numbers of classes become names where the hub's `datasets` has noted these in the file.

    Raises:
        DataError: no Parquet file or a damaged one, no rows.
    """
    path = Path(source.path)
    check_file(path)
    source.bad.unit = "row"
    try:
        with pq.ParquetFile(path) as file:
            source.names = file.schema_arrow.names
            rows = name_classes(source, _rows(source, file), _features(file.schema_arrow))
            yield from source.not_empty(rows, "rows")
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path}: no Parquet file, or a damaged one ({error}). Name another format, on the "
            "command line with `--format`, or write the file again."
        ) from error


def _rows(source: Source, file: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    for batch in file.iter_batches(batch_size=1):
        yield 1, batch.to_pylist()[0]
        break
    columns = list(source.select) or None
    batches = file.iter_batches(batch_size=_ROWS, columns=columns)
    rows = enumerate((row for batch in batches for row in batch.to_pylist()), 1)
    yield from islice(rows, 1, None)


def _features(schema: Any) -> Mapping[str, Any]:
    noted = (schema.metadata or {}).get(b"huggingface")
    try:
        return loads(noted)["info"]["features"] if noted else {}
    except (ValueError, KeyError, TypeError):  # of another program
        return {}
