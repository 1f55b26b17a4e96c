"""HDF5 files: every array by its key, read when sliced; new files written beside, then renamed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import EllipsisType

import h5py
import numpy as np

from keras_elmo.files.new_file import new_file
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.shapes import Shape

MOST_BYTES = 8 * 2**30  # of an array: the largest of a published ELMo takes 32 MB, a softmax 2 GB
# What h5py raises on broken files, depending on the place of the damage.
BROKEN = (OSError, RuntimeError, KeyError, TypeError, ValueError)


@dataclass(frozen=True)
class Hdf5Array:
    """One floating-point array of an HDF5 file; nothing stays open and nothing is cached."""

    file: Path
    key: str
    shape: Shape

    def __getitem__(self, rows: slice | EllipsisType) -> np.ndarray:
        with open_hdf5(self.file) as file:
            return file[self.key][rows]


def list_arrays(path: Path, *, floats: bool = True) -> dict[str, Hdf5Array]:
    """Return every array of an HDF5 file by its key, in whatever order and depth they are stored.

    Args:
        path: the file.
        floats: whether an array of anything else is an error.

    Raises:
        FileNotFoundError: there is no such file.
        WeightsError: the file is not HDF5, is damaged, or holds an array of anything but floats.
    """
    arrays: dict[str, Hdf5Array] = {}
    dtypes: dict[str, np.dtype] = {}

    def visit(key: str | bytes, node: h5py.Group | h5py.Dataset) -> None:
        if isinstance(node, h5py.Dataset):
            name = str(key)  # bytes, should a name not be UTF-8: it will be reported as surplus
            _check_storage(node, f"{path}: {name}")
            arrays[name] = Hdf5Array(path, name, node.shape or ())
            dtypes[name] = node.dtype

    with open_hdf5(path) as file:
        file.visititems(visit)
    for key, dtype in dtypes.items():
        if floats and dtype.kind != "f":
            raise WeightsError(
                f"{path}: {key} must hold floats. Received: dtype {dtype}. "
                "Convert it, or use the weights as they were published."
            )
    return arrays


def _check_storage(node: h5py.Dataset, where: str) -> None:
    """Refuse an array whose numbers are not in this file, or which unpacks to far too many.

    Raises:
        WeightsError: the array is refused.
    """
    received = ""
    if node.external or node.is_virtual:
        received = "one that lies in other files"
    elif node.nbytes > MOST_BYTES:
        received = f"{node.nbytes:,} bytes"
    elif node.nbytes and not node.id.get_storage_size():
        received = "one that was never written"
    if received:
        raise WeightsError(
            f"{where} must be an array in this file, of at most {MOST_BYTES:,} bytes. "
            f"Received: {received}."
        )


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading, saying in plain words what is wrong with it if anything is.

    Raises:
        FileNotFoundError: there is no such file.
        WeightsError: the file is not HDF5, or is truncated or otherwise damaged.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file. Give the path of an HDF5 weight file.")
    with path.open("rb") as stream:  # a file we may not read gets Python's own clear error here
        head = stream.read(16)
    if not h5py.is_hdf5(path):
        raise WeightsError(
            f"{path}: must be an HDF5 file. Received: a file beginning with {head!r}. "
            "Download it anew, as the binary file itself."
        )
    try:
        with h5py.File(path) as file:
            yield file
    except BROKEN as error:
        size = path.stat().st_size
        raise WeightsError(
            f"{path}: must be a whole HDF5 file. Received: {size:,} bytes, truncated or damaged "
            f"({error}). Download it anew and compare its size with the published one."
        ) from error


@contextmanager
def create_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open a new HDF5 file for writing, which takes the place of `path` only after success.

    Raises:
        OSError: it cannot be written, for want of space or of the folder.
    """
    with new_file(path, overwrite=True) as partial:
        try:
            with h5py.File(partial, "w") as file:
                yield file
        except (OSError, RuntimeError) as error:  # h5py names no file, and reports a full disk late
            raise OSError(
                f"{path}: must be in a folder with space to write to. Received: {error}. "
                "Free some space, or choose another place."
            ) from error
