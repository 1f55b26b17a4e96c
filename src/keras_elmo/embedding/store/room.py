"""Room for new features: the segments that were not wanted for the longest time give way."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from keras_elmo.embedding.store.errors import StoreFullError
from keras_elmo.embedding.store.folder import KEYS_SUFFIX, segment_sizes, store_folders
from keras_elmo.embedding.store.segment_reader import SegmentsInUse
from keras_elmo.embedding.store.settings import LIMIT_VARIABLE, show_bytes


class _Candidate(NamedTuple):
    used: float  # 0 without an index
    path: Path
    size: int


def make_room(features: Path, num_bytes: int, limit: int) -> None:
    """Evict whole segments, of any model, until so many bytes more fit under the limit.

    Args:
        features: the folder of all models.
        num_bytes: how many bytes are to be written.
        limit: how many bytes all segments may have together.

    Raises:
        StoreFullError: what this process uses and the new features do not fit together; nothing
            is evicted then.
    """
    total = total_bytes(features)
    if total + num_bytes <= limit:
        return
    in_use = SegmentsInUse.all_paths()
    candidates = [c for c in _candidates(features) if c.path not in in_use]
    kept = total - sum(candidate.size for candidate in candidates)
    if kept + num_bytes > limit:
        raise StoreFullError(
            f"{features} may hold {show_bytes(limit)} of features, but {show_bytes(num_bytes)} are "
            f"to be stored beside {show_bytes(kept)} in use. Raise {LIMIT_VARIABLE} or "
            "`max_bytes`, use dtype='float16', or store fewer sentences."
        )
    for candidate in sorted(candidates):
        if total + num_bytes <= limit:
            return
        _evict(candidate)
        total -= candidate.size


def total_bytes(features: Path) -> int:
    """Bytes of all segments of all models."""
    return sum(sum(segment_sizes(folder).values()) for folder in store_folders(features))


def _candidates(features: Path) -> Iterator[_Candidate]:
    for folder in store_folders(features):
        for name, size in segment_sizes(folder).items() if os.access(folder, os.W_OK) else ():
            used = 0.0
            with suppress(FileNotFoundError):
                used = (folder / name).with_suffix(KEYS_SUFFIX).stat().st_mtime
            yield _Candidate(used, folder / name, size)


def _evict(candidate: _Candidate) -> None:
    """The index first: a process that dies in between leaves a file that is known waste.

    On POSIX a file can be removed while another process has it mapped: that process goes on
    reading it, and the space comes back when it ends. Windows refuses; the file is waste, then,
    and removed the next time.
    """
    with suppress(PermissionError):
        candidate.path.with_suffix(KEYS_SUFFIX).unlink(missing_ok=True)
        candidate.path.unlink(missing_ok=True)
