"""A part of a text → word ids of its own and their counts, on disk: the work of one process."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path

import numpy as np

from keras_elmo.pretraining.text_blocks import Part, TextBlocks, sentence_lengths

CHUNK_TYPES = 500_000  # types in memory (about 100 MB) before a new dictionary begins


@dataclass
class CountedPart:
    """What was written for a part, as files `stem` + `.tokens`, `.lengths`, `.words`, `.counts`.

    The tokens come in chunks, each with a dictionary of its own: token ids count from 0 in every
    chunk, and `.words` and `.counts` hold the chunks' dictionaries in the order of these ids.

    Attributes:
        chunks: number of types and of tokens of each chunk.
        lines, sentences, tokens: how many; a sentence is a line or a piece of one.
        cut_lines: lines longer than a sentence may be.
        longest: words of the longest line; `longest_line` is its number in this part, from 1.
    """

    stem: Path
    chunks: list[tuple[int, int]] = field(default_factory=list)
    lines: int = 0
    sentences: int = 0
    tokens: int = 0
    cut_lines: int = 0
    longest: int = 0
    longest_line: int = 0

    def path(self, what: str) -> Path:
        """The file of `tokens`, `lengths`, `words` or `counts`."""
        return self.stem.with_suffix(f".{what}")

    def dictionaries(self) -> Iterator[tuple[list[str], np.ndarray]]:
        """Words and counts, int64 `(types,)`, chunk by chunk."""
        with (
            self.path("words").open(encoding="utf-8", newline="\n") as words,
            self.path("counts").open("rb") as counts,
        ):
            for types, _ in self.chunks:
                names = [word[:-1] for word in islice(words, types)]
                yield names, np.fromfile(counts, np.int64, types)

    def delete(self) -> None:
        """Delete the files."""
        for what in ("tokens", "lengths", "words", "counts"):
            self.path(what).unlink()

    def add_lines(self, line_lengths: np.ndarray, max_length: int) -> None:
        """Take note of lines that have ended; int64 `(lines,)`, words of each."""
        if len(line_lengths):
            place = int(line_lengths.argmax())
            if line_lengths[place] > self.longest:
                self.longest = int(line_lengths[place])
                self.longest_line = self.lines + place + 1
        self.cut_lines += int(np.sum(line_lengths > max_length))
        self.lines += len(line_lengths)


def count_part(
    part: Part, stem: Path, max_length: int, on_block: Callable[[int, int], None]
) -> CountedPart:
    """Read a part once; in memory are a block and a dictionary, whatever the size of the part.

    Args:
        part: what to read.
        stem: path of the files to write, without their suffixes.
        max_length: words of a sentence; longer lines are cut.
        on_block: called with bytes and tokens of the part so far.

    Raises:
        DataError, ImportError, OSError: as `TextBlocks`.
    """
    counted, chunk = CountedPart(stem), _Chunk()
    with (
        counted.path("tokens").open("wb") as tokens,
        counted.path("lengths").open("wb") as lengths,
        counted.path("words").open("w", encoding="utf-8", newline="\n") as words,
        counted.path("counts").open("wb") as counts,
    ):
        for block in TextBlocks(part):
            tokens.write(chunk.encode(block.words).data)
            pieces = sentence_lengths(block.line_lengths, max_length)
            lengths.write(pieces.data)
            counted.sentences += len(pieces)
            counted.tokens += len(block.words)
            counted.add_lines(block.line_lengths, max_length)
            if len(chunk.ids) >= CHUNK_TYPES:
                counted.chunks.append(chunk.write(words, counts))
                chunk = _Chunk()
            on_block(block.position - part.begin, counted.tokens)
        counted.chunks.append(chunk.write(words, counts))
    return counted


class _Chunk:
    """A dictionary of word types and the counts of its words."""

    def __init__(self) -> None:
        self.ids: defaultdict[str, int] = defaultdict(count().__next__)  # numbers a new word
        self.counts = np.zeros(0, dtype=np.int64)

    def encode(self, words: list[str]) -> np.ndarray:
        """The int32 ids of words, which are counted."""
        ids = np.fromiter(map(self.ids.__getitem__, words), np.int32, len(words))
        total = np.bincount(ids, minlength=len(self.ids))
        total[: len(self.counts)] += self.counts
        self.counts = total
        return ids

    def write(self, words, counts) -> tuple[int, int]:
        """Append words and counts to open files; returns numbers of types and tokens."""
        words.writelines(f"{word}\n" for word in self.ids)
        counts.write(self.counts.data)
        return len(self.counts), int(self.counts.sum())
