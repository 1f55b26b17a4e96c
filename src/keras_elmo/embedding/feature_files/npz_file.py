"""NumPy's .npz: `features`, `offsets` and `layers`, not compressed."""

import zipfile
from pathlib import Path

import numpy as np

from keras_elmo.embedding.feature_files.npy_file import write_features, write_offsets
from keras_elmo.embedding.output.feature_rows import FeatureRows


def write(path: Path, rows: FeatureRows) -> None:
    """Write what `np.load` reads.

    `features` `(rows, *shape)` has all tokens of all sentences, or a row a sentence if pooled.
    `offsets` int64 `(sentences + 1,)`, unless pooled: sentence `i` is
    `features[offsets[i]:offsets[i + 1]]`. `layers` has the numbers of the layers.
    """
    layers = np.array([int(layer) for layer in rows.facts["layers"].split(",")])
    # Not compressed: floats hardly get smaller, and much slower to read.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("features.npy", "w", force_zip64=True) as file:
            write_features(file, rows)
        if not rows.pooled:
            with archive.open("offsets.npy", "w", force_zip64=True) as file:
                write_offsets(file, rows)
        with archive.open("layers.npy", "w") as file:
            np.lib.format.write_array(file, layers)
