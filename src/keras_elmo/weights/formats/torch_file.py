"""PyTorch's files: every tensor by its name, without PyTorch, and without running what they say.

Both containers are read: zip archives (since PyTorch 1.6), whose members are the storages, and the
older sequence of pickles with all storages behind it.
"""

import io
import math
import mmap
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import EllipsisType
from typing import IO, Any

import numpy as np

from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.torch_pickle import Tensor, read_pickle
from keras_elmo.weights.shapes import Shape

_ZIP_MAGIC = b"PK\x03\x04"
_OLD_MAGIC = 0x1950A86A20F9469CFC6C
_OLD_HEAD = b"\x80\x02\x8a\n" + _OLD_MAGIC.to_bytes(10, "little")  # as a pickle
_MOST_TENSORS, _DEEPEST = 100_000, 8
_MOST_PICKLE_BYTES = 2**26  # of the names and shapes; those of a full-size ELMo take 10 kB


@dataclass(frozen=True)
class TorchArray:
    """One tensor of a file, read when it is sliced: its storage's place, and its view of it."""

    file: Path
    tensor: Tensor
    begin: int  # of the storage, in bytes from the beginning of the file

    @property
    def shape(self) -> Shape:
        return self.tensor.shape

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(self.tensor.dtype)

    def __getitem__(self, rows: slice | EllipsisType) -> np.ndarray:
        storage = np.memmap(
            self.file, self.dtype, "r", offset=self.begin, shape=(self.tensor.storage_size,)
        )
        strides = [step * self.dtype.itemsize for step in self.tensor.strides]
        view = np.lib.stride_tricks.as_strided(
            storage[self.tensor.offset :], self.shape, strides, writeable=False
        )
        return np.array(view[rows])


def is_torch_file(path: Path) -> bool:
    """Whether a file is PyTorch's, by its content."""
    with path.open("rb") as stream:
        head = stream.read(len(_OLD_HEAD))
    if head[:4] != _ZIP_MAGIC:
        return head == _OLD_HEAD
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/data.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return False


def list_tensors(path: Path) -> dict[str, TorchArray]:
    """Every tensor of a `state_dict` by its name; those of dicts inside by `outer.inner`.

    Raises:
        FileNotFoundError: there is no such file.
        WeightsError: it is no file of PyTorch's, damaged, or holds something else than tensors.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file. Give the path of PyTorch's weight file.")
    with path.open("rb") as stream:
        is_zip = stream.read(4) == _ZIP_MAGIC
        stream.seek(0)
        content, begins = (_zip if is_zip else _sequence)(stream, path)
    arrays = {}
    for name, tensor in _tensors(content, str(path)):
        _check(tensor, begins, f"{path}: {name}")
        arrays[name] = TorchArray(path, tensor, begins[tensor.storage][0])
    return arrays


def _tensors(content: Any, where: str) -> list[tuple[str, Tensor]]:
    """All tensors of a dict and of the dicts in it, whose names are put before theirs."""
    found: list[tuple[str, Tensor]] = []
    waiting = [("", content, 1)]
    for prefix, inner, depth in waiting:  # grows meanwhile
        for key, value in inner.items() if isinstance(inner, dict) else ():
            if isinstance(value, Tensor):
                found.append((f"{prefix}{key}", value))
            elif isinstance(value, dict):
                waiting.append((f"{prefix}{key}.", value, depth + 1))
        # Dicts may hold themselves, and each other many times.
        if depth > _DEEPEST or len(waiting) + len(found) > _MOST_TENSORS:
            raise WeightsError(
                f"{where}: must hold at most {_MOST_TENSORS:,} tensors, in dicts {_DEEPEST} deep. "
                "Received more. Save the `state_dict()` of its model alone."
            )
    return found


def _check(tensor: Tensor, begins: Mapping[str, tuple[int, int]], where: str) -> None:
    """Refuse a tensor that would reach beyond its storage, or a storage beyond the file."""
    same_rank = len(tensor.shape) == len(tensor.strides)
    steps = zip(tensor.shape, tensor.strides, strict=False)
    reach = tensor.offset + sum((n - 1) * step for n, step in steps) + 1
    if not same_rank or (math.prod(tensor.shape) and reach > tensor.storage_size):
        raise WeightsError(
            f"{where}: must lie within its storage of {tensor.storage_size:,} numbers. Received: "
            f"shape {tensor.shape}, strides {tensor.strides}, offset {tensor.offset}."
        )
    if math.prod(tensor.shape) > tensor.storage_size:  # strides of 0 repeat without end
        raise WeightsError(
            f"{where}: must have no more elements than its storage of {tensor.storage_size:,}. "
            f"Received: shape {tensor.shape}."
        )
    expected = tensor.storage_size * np.dtype(tensor.dtype).itemsize
    received = begins.get(tensor.storage, (0, None))[1]
    if received != expected:
        raise WeightsError(
            f"{where}: its storage must have {expected:,} bytes. Received: "
            f"{'none' if received is None else f'{received:,}'}. Download the file anew."
        )


def _zip(stream: IO[bytes], path: Path) -> tuple[Any, dict[str, tuple[int, int]]]:
    """The pickle of a zip archive, and where each storage begins and how many bytes it has."""
    try:
        with zipfile.ZipFile(stream) as archive:
            members = {info.filename: info for info in archive.infolist()}
            (index,) = [name for name in members if name.endswith("/data.pkl")]
            if members[index].file_size > _MOST_PICKLE_BYTES:
                raise ValueError(f"{index} has {members[index].file_size:,} bytes")
            content = read_pickle(io.BytesIO(archive.read(index)), f"{path}: {index}")
            folder = index.removesuffix("data.pkl") + "data/"
            begins = {
                name.removeprefix(folder): (_begin(stream, info), info.file_size)
                for name, info in members.items()
                if name.startswith(folder) and info.compress_type == zipfile.ZIP_STORED
            }
        size = path.stat().st_size
        if beyond := [key for key, (begin, count) in begins.items() if begin + count > size]:
            raise ValueError(f"storage {beyond[0]!r:.40} would end behind the file")
    except (
        zipfile.BadZipFile,
        ValueError,
        OSError,
        EOFError,
        NotImplementedError,
        zlib.error,
    ) as error:
        if isinstance(error, WeightsError):
            raise
        raise _damaged(path, error) from error
    return content, begins


def _begin(stream: IO[bytes], info: zipfile.ZipInfo) -> int:
    """Where the bytes of a member begin: behind its header, whose length stands in it."""
    stream.seek(info.header_offset)
    header = stream.read(30)
    if len(header) < 30 or not header.startswith(_ZIP_MAGIC):
        raise zipfile.BadZipFile(f"no header of {info.filename}")
    name_length, extra_length = struct.unpack("<HH", header[26:])
    return info.header_offset + 30 + name_length + extra_length


def _sequence(stream: IO[bytes], path: Path) -> tuple[Any, dict[str, tuple[int, int]]]:
    """As `_zip`, for the older container: pickles, then each storage behind its length."""
    size = path.stat().st_size
    if not size:
        raise _damaged(path, "it is empty")
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
        # Behind the number that marks such files: version, sizes of C's types, tensors, storages.
        if read_pickle(view, str(path)) != _OLD_MAGIC:
            raise _damaged(path, "no file of PyTorch's")
        *_, content, keys = (read_pickle(view, str(path)) for _ in range(4))
        place = view.tell()
        sizes = {
            tensor.storage: np.dtype(tensor.dtype).itemsize
            for _, tensor in _tensors(content, str(path))
        }
        begins = {}
        for key in keys if isinstance(keys, list) else ():
            header = view[place : place + 8]
            if len(header) < 8 or not isinstance(key, str) or key not in sizes:
                raise _damaged(path, f"storage {key!r:.40} is missing")
            begins[key] = (place + 8, struct.unpack("<q", header)[0] * sizes[key])
            place = sum(begins[key])
            if not begins[key][0] <= place <= size:
                raise _damaged(path, f"it ends within storage {key}")
    return content, begins


def _damaged(path: Path, reason: object) -> WeightsError:
    return WeightsError(
        f"{path}: must be a whole file of PyTorch's (`torch.save` of a `state_dict`). Received: "
        f"{path.stat().st_size:,} bytes, truncated or something else ({reason}). Download it anew."
    )
