"""All stores of a cache: what they hold, which one is meant, and whether they are whole."""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from keras_elmo.embedding.store.errors import StoreError
from keras_elmo.embedding.store.folder import (
    StoredModel,
    read_model,
    remove_store,
    segment_sizes,
    store_folders,
)
from keras_elmo.embedding.store.index import Segment, StoreIndex, Totals, keys_of

_AT_ONCE = 4_000_000  # bytes between two reports of progress


@dataclass(frozen=True)
class StoreFacts:
    """A store and what it holds; `error` says why that is unknown."""

    folder: Path
    num_bytes: int
    model: StoredModel | None = None
    totals: Totals | None = None
    error: str = ""


class Finding(NamedTuple):
    """What is wrong with a store, and whether that was mended."""

    text: str
    mended: bool


def list_stores(features: Path) -> list[StoreFacts]:
    """Facts about every store, damaged ones as well."""
    return [_facts(folder) for folder in store_folders(features)]


def find_stores(features: Path, text: str) -> list[StoreFacts]:
    """Stores of a model: its name, or how its fingerprint begins.

    Raises:
        ValueError: there is none.
    """
    stores = list_stores(features)
    by_name = [store for store in stores if store.model and store.model.name == text]
    found = by_name or [store for store in stores if text and store.folder.name.startswith(text)]
    if not found:
        raise ValueError(
            f"{features} has no features of such a model. Received: {text!r}. "
            "`keras-elmo cache list` shows names and fingerprints."
        )
    return found


def verify_store(
    folder: Path, *, mend: bool = False, advance: Callable[[int], object] = lambda _: None
) -> list[Finding]:
    """What is wrong with a store: a finding for each segment, none if it is whole.

    Args:
        folder: folder of the store.
        mend: whether damaged sentences are forgotten; a store with a damaged index is removed.
        advance: hears how many bytes were read.
    """
    try:
        model = read_model(folder)
    except StoreError as error:
        return [Finding(str(error), False)]  # perhaps a newer version's: only `clear` removes it
    try:
        index = StoreIndex(folder, model.row_bytes)
        problems = find_problems(index, model, advance)
        if mend:
            repair(index, problems)
    except StoreError as error:
        if mend:
            remove_store(folder)
        return [Finding(str(error), mend)]
    return [Finding(str(problem), mend) for problem in problems]


def _facts(folder: Path) -> StoreFacts:
    num_bytes = sum(segment_sizes(folder).values())
    try:
        model = read_model(folder)
        return StoreFacts(folder, num_bytes, model, StoreIndex(folder, model.row_bytes).totals())
    except (StoreError, OSError) as error:
        return StoreFacts(folder, num_bytes, error=str(error))


@dataclass(frozen=True)
class Problem:
    """A segment that is not what was written.

    `kind` is "missing", "truncated" or "damaged"; `keys` are the sentences that are lost by it, and
    `size` what is left of the file, in bytes.
    """

    path: Path
    kind: str
    expected: int
    size: int
    segment: Segment
    keys: tuple[bytes, ...]

    def __str__(self) -> str:
        details = {
            "missing": "no such file",
            "truncated": f"expected {self.expected:,} bytes, found {self.size:,}",
            "damaged": "not what was written (checksums differ)",
        }
        return (
            f"{self.path} is {self.kind}: {details[self.kind]}; {len(self.keys):,} sentences lost"
        )


def find_problems(
    index: StoreIndex, model: StoredModel, advance: Callable[[int], object] = lambda _: None
) -> list[Problem]:
    """Read every indexed row; `advance` hears how many bytes were read.

    Raises:
        StoreError: an index is damaged.
    """
    found = []
    for segment in index.segments().values():
        found += _problems_of(index.folder / segment.name, segment, model, advance)
    # Not those that another process evicted while they were read.
    present = index.segments() if found else {}
    return [
        problem
        for problem in found
        if (now := present.get(problem.segment.name))
        and (problem.kind != "damaged" or problem.keys or now.rest)  # not written this moment
    ]


def _problems_of(
    path: Path, segment: Segment, model: StoredModel, advance: Callable[[int], object]
) -> list[Problem]:
    keys = keys_of(segment.records)
    if not path.is_file():
        return [Problem(path, "missing", segment.nbytes, 0, segment, tuple(keys))] if keys else []
    size = path.stat().st_size
    cut, flipped, unreported = [], [], 0
    with path.open("rb") as file:
        for key, (_, offset, tokens, crc) in zip(keys, segment.records.tolist(), strict=True):
            num_bytes = tokens * model.row_bytes
            file.seek(offset)
            if offset + num_bytes > size:
                cut.append(key)
            elif zlib.crc32(file.read(num_bytes)) != crc:
                flipped.append(key)
            unreported += num_bytes
            if unreported >= _AT_ONCE:
                advance(unreported)
                unreported = 0
    advance(unreported)
    problems = []
    if cut or size < segment.nbytes:
        problems.append(Problem(path, "truncated", segment.nbytes, size, segment, tuple(cut)))
    if flipped or segment.rest:
        problems.append(Problem(path, "damaged", segment.nbytes, size, segment, tuple(flipped)))
    return problems


def repair(index: StoreIndex, problems: Iterable[Problem]) -> int:
    """Forget the sentences that problems name; returns how many."""
    lost: dict[str, set[bytes]] = {}
    for problem in problems:
        lost.setdefault(problem.segment.name, set()).update(problem.keys)
    for name, keys in lost.items():
        if segment := index.segments().get(name):
            index.drop_sentences(segment, keys)
    return sum(map(len, lost.values()))
