"""NumPy's .npy: all rows in one array, and a second file that says where sentences begin."""

from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from keras_elmo.embedding.feature_files import offsets_file
from keras_elmo.embedding.output.feature_rows import FeatureRows


def write(path: Path, rows: FeatureRows) -> None:
    """Write `a.npy` `(rows, *shape)` and, unless pooled, `a.offsets.npy` `(sentences + 1,)`.

    Both can be memory-mapped: `np.load(path, mmap_mode="r")`.
    """
    with path.open("wb") as file:
        write_features(file, rows)
    if not rows.pooled:
        with offsets_file(path).open("wb") as file:
            write_offsets(file, rows)


def write_features(file: IO[bytes], rows: FeatureRows) -> None:
    """Write all rows in .npy format to an open file."""
    _write_header(file, (rows.num_rows, *rows.shape), rows.dtype)
    for block in rows.blocks():
        file.write(block.data)


def write_offsets(file: IO[bytes], rows: FeatureRows) -> None:
    """Write int64 `(sentences + 1,)` in .npy format to an open file."""
    _write_header(file, (rows.num_sentences + 1,), np.dtype("<i8"))
    for block in rows.offsets():
        file.write(block.data)


def _write_header(file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype) -> None:
    header = {"shape": shape, "fortran_order": False, "descr": npy.dtype_to_descr(dtype)}
    npy.write_array_header_1_0(file, header)
