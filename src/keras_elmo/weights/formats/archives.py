"""Zip and tar archives of strangers, unpacked within bounds."""

import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from keras_elmo.weights.errors import WeightsError

MOST_BYTES = 8 * 2**30  # the largest published ELMo takes 0.4 GB, with a softmax 2 GB
MOST_FILES = 10_000
_BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
    *(EOFError, OSError, ValueError),
    *(NotImplementedError, RuntimeError),  # other compressions, encrypted members
)


def is_archive(path: Path) -> bool:
    """Whether a file is a zip or tar archive, packed or not, by its content."""
    try:
        return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)
    except _BROKEN:
        return False


def unpack(path: Path, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
    """Unpack the files of an archive into a folder; links and devices are left out.

    Sizes are checked while bytes are written: what an archive says of itself is not believed.

    Raises:
        WeightsError: it is damaged, would write outside of the folder, or expands too far.
    """
    written = count = 0
    try:
        for name, stream in _members(path):
            count += 1
            target = (folder / name).resolve()
            if not target.is_relative_to(folder.resolve()):
                raise _refused(path, f"a file {name!r}, which would lie outside of the folder")
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                while chunk := stream.read(2**20):
                    written += len(chunk)
                    if written > most_bytes or count > MOST_FILES:
                        limits = f"{most_bytes:,} bytes in {MOST_FILES:,} files"
                        raise _refused(path, f"more than {limits} when unpacked")
                    file.write(chunk)
    except WeightsError:
        raise
    except _BROKEN as error:
        if not path.is_file() or shutil.disk_usage(folder).free < 2**20:
            raise
        raise WeightsError(
            f"{path}: must be a whole archive. Received: {path.stat().st_size:,} bytes, truncated "
            f"or damaged ({error}). Download it anew."
        ) from error


def _members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and content of each regular file."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    with archive.open(info) as stream:
                        yield info.filename, stream
        return
    with tarfile.open(path) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isreg() else None
            if stream is not None:
                yield member.name, stream


def _refused(path: Path, received: str) -> WeightsError:
    return WeightsError(
        f"{path}: must be the archive of an ELMo. Received: {received}. Look at it before you "
        "unpack it yourself; a folder can be loaded as well."
    )
