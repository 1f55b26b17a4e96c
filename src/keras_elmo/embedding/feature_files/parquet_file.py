"""Parquet: a row for each sentence with its number, its tokens and its features."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.embedding.output.feature_rows import FeatureRows

with needs_extra("parquet", "Parquet files need pyarrow"):
    import pyarrow as pa  # pyright: ignore[reportMissingImports]
    import pyarrow.parquet as pq  # pyright: ignore[reportMissingImports]

_ROW_GROUP = 32_000_000  # bytes in memory, about; a longer sentence is a group of its own
_TOKEN = 100  # of these, for a token as a Python string


def write(path: Path, rows: FeatureRows) -> None:
    """Write the columns `sentence` int64, `tokens` list<string> and `features`.

    The features are nested lists with the shape of the arrays: for each token (unless pooled) and
    each layer (if there are several) a list of floats. The schema's metadata say which layers, mix,
    pooling and model they come from, and the `shape` of a row.
    """
    features = pa.from_numpy_dtype(rows.dtype)
    for size in reversed(rows.shape):
        features = pa.list_(features, size)
    features = features if rows.pooled else pa.list_(features)
    columns = [("sentence", pa.int64()), ("tokens", pa.list_(pa.string())), ("features", features)]
    facts = rows.facts | {"shape": ",".join(map(str, rows.shape))}
    schema = pa.schema(columns, metadata=facts)
    # Floats hardly get smaller and seldom repeat: neither compression nor a dictionary.
    compression = {"sentence": "zstd", "tokens.list.element": "zstd"}
    with pq.ParquetWriter(path, schema, compression=compression, use_dictionary=False) as writer:
        for group in _groups(rows):
            writer.write_table(pa.table(_columns(group, rows), schema=schema))


def _groups(rows: FeatureRows) -> Iterator[list[tuple[int, list[str], np.ndarray]]]:
    """Sentences with their numbers and tokens, as many as fit into a row group."""
    group, size = [], 0
    both = zip(rows.tokens(), rows.sentences(), strict=True)
    for number, (tokens, features) in enumerate(both):
        more = features.nbytes + _TOKEN * len(tokens)
        if group and size + more > _ROW_GROUP:
            yield group
            group, size = [], 0
        group.append((number, tokens, features))
        size += more
    if group:
        yield group


def _columns(group: list[tuple[int, list[str], np.ndarray]], rows: FeatureRows) -> Any:
    numbers, tokens, features = zip(*group, strict=True)
    values = np.concatenate([np.ravel(array) for array in features])
    nested = pa.array(values)
    for size in reversed(rows.shape):
        nested = pa.FixedSizeListArray.from_arrays(nested, size)
    if not rows.pooled:
        ends = np.cumsum([0, *map(len, features)], dtype=np.int32)
        nested = pa.ListArray.from_arrays(pa.array(ends), nested)
    return [pa.array(numbers), pa.array(tokens, pa.list_(pa.string())), nested]
