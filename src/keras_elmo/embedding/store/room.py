"""Room for new features: the segments that were not wanted for the longest time give way."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from keras_elmo.embedding.store.errors import StoreError, StoreFullError
from keras_elmo.embedding.store.folder import INDEX_FILE, read_model, segment_sizes, store_folders
from keras_elmo.embedding.store.index import StoreIndex
from keras_elmo.embedding.store.segment_reader import SegmentsInUse
from keras_elmo.embedding.store.settings import LIMIT_VARIABLE, show_bytes


class _Candidate(NamedTuple):
    used: float
    path: Path
    size: int
    number: int | None  # None: the index does not know the file


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
        # Files first: a segment has its number before it has a file, so one that is listed here
        # and has no number below belongs to nobody.
        sizes = segment_sizes(folder)
        try:
            read_model(folder)
            index = StoreIndex(folder / INDEX_FILE)
        except (StoreError, OSError):
            continue  # damaged, or nothing we may write: `cache list` shows it
        if not index.read_only:
            known = {s.name: (number, s.used) for number, s in index.segments().items()}
            for name, size in sizes.items():
                number, used = known.get(name, (None, 0.0))
                yield _Candidate(used, folder / name, size, number)
        index.close()


def _evict(candidate: _Candidate) -> None:
    """Out of the index first: a process that dies in between leaves a file that is known waste.

    On POSIX a file can be removed while another process has it mapped: that process goes on
    reading it, and the space comes back when it ends. Windows refuses; the file is waste, then,
    and removed the next time.
    """
    if candidate.number is not None:
        index = StoreIndex(candidate.path.parent / INDEX_FILE)
        index.drop_segment(candidate.number)
        index.close()
    try:
        candidate.path.unlink(missing_ok=True)
    except PermissionError:
        return
