"""Whether everything the index promises is there, and what to forget if not."""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from keras_elmo.embedding.store.folder import StoredModel
from keras_elmo.embedding.store.index import Segment, StoreIndex

_AT_ONCE = 4_000_000  # bytes between two reports of progress


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
    segment: int
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
        StoreError: the index is damaged.
    """
    index.check()
    found = []
    for number, segment in index.segments().items():
        found += _problems_of(index, number, segment, model, advance)
    # Not those that another process evicted while they were read.
    present = index.segments() if found else {}
    return [problem for problem in found if problem.segment in present]


def _problems_of(
    index: StoreIndex,
    number: int,
    segment: Segment,
    model: StoredModel,
    advance: Callable[[int], object],
) -> list[Problem]:
    path = index.path.parent / segment.name
    entries = index.entries(number)
    if not path.is_file():
        lost = tuple(key for key, *_ in entries)
        return [Problem(path, "missing", segment.nbytes, 0, number, lost)] if lost else []
    size = path.stat().st_size
    cut, flipped, unreported = [], [], 0
    with path.open("rb") as file:
        for key, offset, tokens, crc in entries:
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
        problems.append(Problem(path, "truncated", segment.nbytes, size, number, tuple(cut)))
    if flipped:
        problems.append(Problem(path, "damaged", segment.nbytes, size, number, tuple(flipped)))
    return problems


def repair(index: StoreIndex, problems: Iterable[Problem]) -> int:
    """Forget what problems name; returns the number of sentences."""
    count = 0
    for problem in problems:
        count += len(problem.keys)
        if problem.kind == "missing":
            index.drop_segment(problem.segment)
        else:
            index.drop_sentences(problem.segment, problem.keys)
        if problem.kind == "truncated":  # else it would be refused as a whole
            index.shrink(problem.segment, problem.size)
    return count
