"""HDF5: a dataset for each sentence, as AllenNLP's `elmo` command writes them."""

import os
from pathlib import Path

import h5py
from h5py import h5f, h5p

from keras_elmo.embedding.output.feature_rows import FeatureRows
from keras_elmo.files.space import require_space


def write(path: Path, rows: FeatureRows) -> None:
    """Write the datasets '0', '1', …: `(layers, tokens, 2P)`, or `(tokens, width)` for one layer.

    Pooled features are one dataset `features`, `(sentences, *shape)`. The attributes of the file
    say which layers, mix, pooling and model they come from.

    Raises:
        OSError: there is no space left.
    """
    with _new_file(path) as file:
        file.attrs.update(rows.facts)
        file.attrs["layers"] = [int(layer) for layer in rows.facts["layers"].split(",")]
        if rows.pooled:
            _write_matrix(file, rows)
            return
        for number, features in enumerate(rows.sentences()):
            require_space(path, features.nbytes)
            by_layer = features.swapaxes(0, 1) if features.ndim == 3 else features
            file.create_dataset(str(number), data=by_layer)


def _new_file(path: Path) -> h5py.File:
    """A file of HDF5 1.8 without times in it, so that equal features are equal bytes.

    Since 1.8 a group finds one of a million names at once; what came before slows down and grows in
    memory with every dataset. But it writes down when the root group was made, unless it is told
    not to, for which `h5py.File` has no argument.
    """
    made, access = (h5p.create(kind) for kind in (h5p.FILE_CREATE, h5p.FILE_ACCESS))
    made.set_obj_track_times(False)
    access.set_libver_bounds(h5f.LIBVER_V18, h5f.LIBVER_V18)
    access.set_fclose_degree(h5f.CLOSE_STRONG)  # as `h5py.File` does
    return h5py.File(h5f.create(os.fsencode(path), h5f.ACC_TRUNC, made, access))


def _write_matrix(file: h5py.File, rows: FeatureRows) -> None:
    matrix = file.create_dataset("features", (rows.num_rows, *rows.shape), rows.dtype)
    begin = 0
    for block in rows.blocks():
        require_space(file.filename, block.nbytes)
        matrix[begin : begin + len(block)] = block
        begin += len(block)
