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
_BLOCK = 1 << 20  # tokens at once


def frequent_types(parts: Sequence[CountedPart], folder: Path, max_types: int) -> list[str]:
    """The marks, then the most frequent words of all parts, ties by code point.

    Args:
        parts: whose words are counted.
        folder: the place of sorted counts that do not fit in memory together.
        max_types: the number of types to keep, marks included.
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
    lengths = np.concatenate([[0], *(part.lengths for part in parts)])
    np.save(folder / "offsets.npy", np.cumsum(lengths, dtype=np.int64))
    found = []
    with (folder / "tokens.npy").open("wb") as tokens:
        size = sum(part.tokens for part in parts)
        header = {"descr": "<i4", "fortran_order": False, "shape": (size,)}
        np.lib.format.write_array_header_1_0(tokens, header)
        for file in files:
            occurs = np.zeros(len(types), dtype=bool)
            unknown = 0
            for part in file:
                unknown += _append_tokens(part, ids, tokens, occurs)
                part.delete()
            found.append({"types": int(occurs.sum()), "unknown": unknown})
    return found


def _append_tokens(
    part: CountedPart, ids: dict[str, int], file: BinaryIO, occurs: np.ndarray
) -> int:
    """Translate a part's ids into the corpus's; returns how many are `<UNK>`."""
    unk, unknown = ids[UNK_TOKEN], 0
    with part.path("tokens").open("rb") as tokens:
        for (words, counts), (_, size) in zip(part.dictionaries(), part.chunks, strict=True):
            new = np.fromiter((ids.get(word, unk) for word in words), np.int32, len(words))
            occurs[new] = True
            unknown += int(counts[new == unk].sum())
            for begin in range(0, size, _BLOCK):
                old = np.fromfile(tokens, np.int32, min(_BLOCK, size - begin))
                file.write(new[old].data)
    return unknown


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
