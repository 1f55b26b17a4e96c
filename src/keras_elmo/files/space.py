"""Room on the disk, asked for before HDF5 writes: on a full disk its library may crash."""

import errno
import os
import shutil
from os import PathLike
from pathlib import Path

_SLACK = 4_000_000  # bytes that HDF5 keeps in its caches until it closes a file


def require_space(path: str | PathLike[str], num_bytes: int) -> None:
    """Raise unless the disk has room for so many bytes more.

    Args:
        path: the file to be written; its folder exists.
        num_bytes: how many bytes are to be written.

    Raises:
        OSError: `ENOSPC`, as a write would.
    """
    free = shutil.disk_usage(Path(path).parent).free
    if free < num_bytes + _SLACK:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
