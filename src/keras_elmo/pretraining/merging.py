"""Counted parts → the files of one corpus, a block at a time."""

import heapq
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

import numpy as np

from keras_elmo.pretraining.counted_parts import CountedPart
from keras_elmo.text.vocabulary import MARKS, UNK_TOKEN

TYPES_IN_MEMORY = 1_000_000  # of the counts (about 200 MB) before they go to a file
_BLOCK = 1 << 20  # tokens or sentences at once


def frequent_types(parts: Sequence[CountedPart], folder: Path, max_types: int) -> list[str]:
    """The marks, then the most frequent words of all parts, ties by code point.

    Args:
        parts: whose words are counted.
        folder: for sorted counts that do not fit in memory together.
        max_types: how many types to keep, marks included.
    """
    counts = _merge(_sorted_runs(parts, folder))
    words = ((-number, word) for word, number in counts if word not in MARKS)
    return [*MARKS, *(word for _, word in heapq.nsmallest(max_types - len(MARKS), words))]


def write_arrays(
    files: Sequence[Sequence[CountedPart]], types: Sequence[str], folder: Path
) -> list[dict[str, int]]:
    """Write `tokens.npy` and `offsets.npy`, and delete each part once it is in them.

    Returns:
        Of each file: different `types` it has (rare words are one together), `unknown` tokens.
    """
    ids = {word: i for i, word in enumerate(types)}
    parts = [part for file in files for part in file]
    found = []
    with (
        _new_array(folder / "tokens.npy", np.int32, sum(p.tokens for p in parts)) as tokens,
        _new_array(folder / "offsets.npy", np.int64, sum(p.sentences for p in parts) + 1) as ends,
    ):
        end = np.zeros(1, dtype=np.int64)
        ends.write(end.data)
        for file in files:
            occurs = np.zeros(len(types), dtype=bool)
            unknown = 0
            for part in file:
                unknown += _append_tokens(part, ids, tokens, occurs)
                end = _append_ends(part, end, ends)
                part.delete()
            found.append({"types": int(occurs.sum()), "unknown": unknown})
    return found


def _append_tokens(part: CountedPart, ids: dict[str, int], file: BinaryIO, occurs) -> int:
    """Translate a part's ids into the corpus's; returns how many are `<UNK>`."""
    unk, unknown = ids[UNK_TOKEN], 0
    with part.path("tokens").open("rb") as tokens:
        for (words, counts), (_, size) in zip(part.dictionaries(), part.chunks, strict=True):
            new = np.fromiter((ids.get(word, unk) for word in words), np.int32, len(words))
            occurs[new] = True
            unknown += int(counts[new == unk].sum())
            for old in _read(tokens, np.int32, size):
                file.write(new[old].data)
    return unknown


def _append_ends(part: CountedPart, end: np.ndarray, file: BinaryIO) -> np.ndarray:
    with part.path("lengths").open("rb") as lengths:
        for block in _read(lengths, np.int32, part.sentences):
            ends = end[-1] + np.cumsum(block, dtype=np.int64)
            file.write(ends.data)
            end = ends[-1:]
    return end


def _sorted_runs(parts: Sequence[CountedPart], folder: Path) -> list[Iterator[tuple[str, int]]]:
    """Counts in the order of words, each run without a word twice; all but the last on disk."""
    runs: list[Iterator[tuple[str, int]]] = []
    counts: dict[str, int] = {}
    for part in parts:
        for words, numbers in part.dictionaries():
            for word, number in zip(words, numbers.tolist(), strict=True):
                counts[word] = counts.get(word, 0) + number
            if len(counts) > TYPES_IN_MEMORY:
                path = folder / f"{len(runs)}.run"
                with path.open("w", encoding="utf-8", newline="\n") as file:
                    file.writelines(f"{word} {counts[word]}\n" for word in sorted(counts))
                runs.append(_read_run(path))
                counts = {}
    return [*runs, ((word, counts[word]) for word in sorted(counts))]


def _read_run(path: Path) -> Iterator[tuple[str, int]]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            word, _, number = line.partition(" ")
            yield word, int(number)


def _merge(runs: Sequence[Iterator[tuple[str, int]]]) -> Iterator[tuple[str, int]]:
    for word, group in groupby(heapq.merge(*runs), key=itemgetter(0)):
        yield word, sum(number for _, number in group)


def _read(file: BinaryIO, dtype: type[np.generic], size: int) -> Iterator[np.ndarray]:
    for begin in range(0, size, _BLOCK):
        yield np.fromfile(file, dtype, min(_BLOCK, size - begin))


def _new_array(path: Path, dtype: type[np.generic], size: int) -> BinaryIO:
    """A .npy file with its header written, to which the numbers are appended."""
    file = path.open("wb")
    descr = np.lib.format.dtype_to_descr(np.dtype(dtype))
    header = {"descr": descr, "fortran_order": False, "shape": (size,)}
    np.lib.format.write_array_header_1_0(file, header)
    return file
