"""Archives of NumPy arrays (`.npz`), read within bounds: nothing is unpickled."""

import math
import zipfile
import zlib
from pathlib import Path
from struct import error as StructError  # noqa: N812
from tokenize import TokenError

import numpy as np

MOST_BYTES = 2**33  # of all arrays
_HEADER = 10_000  # bytes of an array's type and shape, at most
# What reading a damaged archive raises, depending on the place of the damage.
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, StructError, TokenError),
    *(ValueError, KeyError, OverflowError, SyntaxError, TypeError, MemoryError),
    *(RuntimeError, NotImplementedError),  # encrypted members, other compressions
    OSError,  # a place before the file's beginning
)


def read_npz(
    path: Path, what: str, error: type[ValueError] = ValueError, *, hint: str
) -> dict[str, np.ndarray]:
    """All arrays of an archive by name.

    Args:
        path: the file.
        what: what the file must hold, for the error message.
        error: the class of the error that is raised if the file is damaged.
        hint: the advice at the end of the error message.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                members = archive.infolist()
                if sum(member.file_size for member in members) > MOST_BYTES:
                    raise ValueError(f"more than {MOST_BYTES:,} bytes when unpacked")
                return {
                    member.filename.removesuffix(".npy"): _array(archive, member)
                    for member in members
                }
        except DAMAGED as problem:
            raise error(
                f"{path} must hold {what}. Received: something else, or a damaged file "
                f"({problem or type(problem).__name__}). {hint}"
            ) from problem


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """An array, whose size is compared with the file's before there is memory for it."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"an array of NumPy's format {version}")
        read = np.lib.format.read_array_header_1_0
        if version == (2, 0):
            read = np.lib.format.read_array_header_2_0
        shape, in_columns, dtype = read(file, max_header_size=_HEADER)
        if dtype.hasobject:
            raise ValueError("an array of Python's objects")
        left = member.file_size - file.tell()
        if math.prod(shape) * dtype.itemsize != left:
            raise ValueError(f"{member.filename} of shape {shape} in {left:,} bytes")
        content = file.read()  # to the end, where its checksum is looked at
        if len(content) != left:
            raise EOFError(f"{member.filename} ends early")
    flat = np.frombuffer(bytearray(content), dtype)
    return flat.reshape(shape[::-1]).T if in_columns else flat.reshape(shape)
