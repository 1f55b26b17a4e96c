"""Archives of NumPy arrays (`.npz`), read within bounds: nothing is unpickled."""

import io
import zipfile
import zlib
from pathlib import Path
from struct import error as StructError  # noqa: N812
from tokenize import TokenError

import numpy as np

MOST_BYTES = 2**33  # of all arrays
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
    content = io.BytesIO(archive.read(member))  # all of it, where its checksum is looked at
    array = np.lib.format.read_array(content, allow_pickle=False)
    if content.read(1):
        raise ValueError(f"{member.filename} goes on behind its array")
    return array
