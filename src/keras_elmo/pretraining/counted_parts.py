"""A part of a text → ids of its words and their counts, on disk: the work of one process."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import TextIO

import numpy as np

from keras_elmo.pretraining.text_blocks import Part, TextBlocks, sentence_lengths

CHUNK_TYPES = 500_000  # types in memory (about 100 MB) before a new dictionary begins


@dataclass
class CountedPart:
    """What was found in a part, with its tokens and words in files.

    The tokens come in chunks, each with a dictionary of its own: token ids count from 0 in every
    chunk, and the file of words holds the chunks' dictionaries in the order of these ids.

    Attributes:
        stem: path of the files, `stem` + `.tokens` and `.words`.
        chunks: number of types and of tokens of each chunk.
        lengths: words of each sentence, int32 `(sentences,)`; a sentence is a line or a piece of
            one.
        lines, tokens: how many the part has.
        cut_lines: lines longer than a sentence may be.
        longest: words of the longest line; `longest_line` is its number in this part, from 1.
    """

    stem: Path
    chunks: list[tuple[int, int]] = field(default_factory=list)
    lengths: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    lines: int = 0
    tokens: int = 0
    cut_lines: int = 0
    longest: int = 0
    longest_line: int = 0

    def path(self, what: str) -> Path:
        """The file of `tokens` or `words`."""
        return self.stem.with_suffix(f".{what}")

    def dictionaries(self) -> Iterator[tuple[list[str], np.ndarray]]:
        """Words and counts, int64 `(types,)`, chunk by chunk."""
        with self.path("words").open(encoding="utf-8", newline="\n") as lines:
            for types, _ in self.chunks:
                pairs = [line.split(" ") for line in islice(lines, types)]
                words = [word for word, _ in pairs]
                yield words, np.array([int(count) for _, count in pairs], np.int64)

    def delete(self) -> None:
        """Delete the files."""
        for what in ("tokens", "words"):
            self.path(what).unlink()

    def add_lines(self, line_lengths: np.ndarray, max_length: int) -> None:
        """Take note of lines that have ended; int64 `(lines,)`, words of each."""
        longest = int(line_lengths.max(initial=0))
        if longest > self.longest:
            self.longest = longest
            self.longest_line = self.lines + int(line_lengths.argmax()) + 1
        self.cut_lines += int(np.sum(line_lengths > max_length))
        self.lines += len(line_lengths)


def count_part(
    part: Part, stem: Path, max_length: int, on_block: Callable[[int, int], None]
) -> CountedPart:
    """Read a part once; in memory are a block and a dictionary, whatever the size of the part.

    Args:
        part: the part to read.
        stem: path of the files to write, without their suffixes.
        max_length: words of a sentence; longer lines are cut.
        on_block: called with bytes and tokens of the part so far.

    Raises:
        DataError, ImportError, OSError: as `TextBlocks`.
    """
    counted, chunk = CountedPart(stem), _Chunk()
    lengths = [counted.lengths]
    with (
        counted.path("tokens").open("wb") as tokens,
        counted.path("words").open("w", encoding="utf-8", newline="\n") as words,
    ):
        for block in TextBlocks(part):
            tokens.write(chunk.encode(block.words).data)
            lengths.append(sentence_lengths(block.line_lengths, max_length))
            counted.tokens += len(block.words)
            counted.add_lines(block.line_lengths, max_length)
            if len(chunk.ids) >= CHUNK_TYPES:
                counted.chunks.append(chunk.write(words))
                chunk = _Chunk()
            on_block(block.position - part.begin, counted.tokens)
        counted.chunks.append(chunk.write(words))
    counted.lengths = np.concatenate(lengths)
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

    def write(self, file: TextIO) -> tuple[int, int]:
        """Append words and their counts to a file; returns numbers of types and tokens."""
        pairs = zip(self.ids, self.counts.tolist(), strict=True)
        file.writelines(f"{word} {count}\n" for word, count in pairs)
        return len(self.counts), int(self.counts.sum())
