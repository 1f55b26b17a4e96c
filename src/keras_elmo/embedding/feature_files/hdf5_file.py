"""HDF5: a dataset for each sentence, as AllenNLP's `elmo` command writes them."""

from pathlib import Path

import h5py

from keras_elmo.embedding.feature_rows import FeatureRows
from keras_elmo.weights.space import require_space


def write(path: Path, rows: FeatureRows) -> None:
    """Write the datasets '0', '1', …: `(layers, tokens, 2P)`, or `(tokens, width)` for one layer.

    Pooled features are one dataset `features`, `(sentences, *shape)`. The attributes of the file
    say which layers, mix, pooling and model they come from.

    Raises:
        OSError: there is no space left.
    """
    # Since HDF5 1.8 a group finds one of a million names at once; what came before slows down and
    # grows in memory with every dataset.
    with h5py.File(path, "w", libver=("v108", "v108")) as file:
        file.attrs.update(rows.facts)
        file.attrs["layers"] = [int(layer) for layer in rows.facts["layers"].split(",")]
        if rows.pooled:
            _write_matrix(file, rows)
            return
        for number, features in enumerate(rows.sentences()):
            require_space(path, features.nbytes)
            by_layer = features.swapaxes(0, 1) if features.ndim == 3 else features
            file.create_dataset(str(number), data=by_layer)


def _write_matrix(file: h5py.File, rows: FeatureRows) -> None:
    matrix = file.create_dataset("features", (rows.num_rows, *rows.shape), rows.dtype)
    begin = 0
    for block in rows.blocks():
        require_space(file.filename, block.nbytes)
        matrix[begin : begin + len(block)] = block
        begin += len(block)
