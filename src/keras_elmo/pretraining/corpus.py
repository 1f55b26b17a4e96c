"""Text files → a memory-mapped corpus of word-type ids, prepared once and then read."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from keras_elmo.files.lines import DataError
from keras_elmo.files.new_folder import new_folder
from keras_elmo.files.work_folder import remove_unfinished
from keras_elmo.pretraining.corpus_folder import (
    REPORT,
    check_texts,
    corpus_report,
    read_report,
    recipe_of,
)
from keras_elmo.pretraining.counting import Reading, count_parts
from keras_elmo.pretraining.merging import frequent_types, write_arrays
from keras_elmo.pretraining.text_blocks import (
    Part,
    TextBlocks,
    no_words,
    parts_of,
    sentence_lengths,
)
from keras_elmo.text.vocabulary import MARKS

MAX_LENGTH = 60
MAX_TYPES = 1_000_000
BOS, EOS, UNK = range(len(MARKS))
_BLOCK = 1 << 22  # tokens looked at together
_MOSTLY = 0.9


@dataclass(frozen=True)
class Corpus:
    """A prepared corpus.

    Attributes:
        types: all word types, `<S> </S> <UNK>` first, then by falling frequency. A word's type id
            is its place in this list, and below the softmax's vocabulary size its target as well.
        tokens: int32 `(tokens,)`, type ids of all sentences one after another (memory-mapped).
        offsets: int64 `(sentences + 1,)`, where each sentence begins.
        fingerprint: equal for equal bytes prepared in the same way; empty if not from a folder.
    """

    types: list[str]
    tokens: np.ndarray
    offsets: np.ndarray
    fingerprint: str = ""

    @property
    def num_tokens(self) -> int:
        return len(self.tokens)

    @property
    def tokens_per_pass(self) -> int:
        """Predictions per direction when the text is read once: its words and its line ends."""
        return len(self.tokens) + len(self.offsets) - 1

    def coverage(self, vocabulary_size: int, begin: int = 0, end: int | None = None) -> float:
        """Share of the tokens (or of those from `begin` to `end`) in a vocabulary of this size."""
        return self._share(np.arange(len(self.types)) < vocabulary_size, begin, end)

    def unknown(self, vocabulary: Collection[str]) -> float:
        """Share of the tokens that these words do not contain; fast if they are a set."""
        return 1.0 - self._share(np.array([word in vocabulary for word in self.types]))

    def _share(self, known: np.ndarray, begin: int = 0, end: int | None = None) -> float:
        """Share of the tokens whose type is known, bool `(types,)`; `<UNK>` never is."""
        known[UNK] = False
        tokens = np.asarray(self.tokens[begin:end])
        blocks = (tokens[start : start + _BLOCK] for start in range(0, len(tokens), _BLOCK))
        return sum(int(known[block].sum()) for block in blocks) / max(1, len(tokens))

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> "Corpus":
        """Read what `prepare_corpus` wrote.

        Raises:
            FileNotFoundError: no corpus was prepared there, or not to the end.
        """
        folder = Path(folder)
        report = read_report(folder)
        if not report:
            raise FileNotFoundError(f"{folder} holds no whole corpus. Call prepare_corpus first.")
        return cls(
            types=(folder / "types.txt").read_text(encoding="utf-8").split("\n"),
            tokens=np.load(folder / "tokens.npy", mmap_mode="r"),
            offsets=np.load(folder / "offsets.npy"),
            fingerprint=report.get("fingerprint", ""),
        )


def prepare_corpus(
    paths: Sequence[str | PathLike[str]],
    folder: str | PathLike[str],
    *,
    max_length: int = MAX_LENGTH,
    max_types: int = MAX_TYPES,
    processes: int = 1,
    on_progress: Callable[[Reading], None] = lambda reading: None,
) -> Corpus:
    """Read text files (one sentence a line, words split on white space) into `folder`, once.

    A second call with the same files (the same bytes) reads what the first one wrote. The result
    is the same for every number of processes. `corpus.json` holds what was found: see
    `corpus_report`.

    Memory is bounded whatever the size of the text: tokens go to files as they are read; a process
    keeps at most about 500,000 words before it begins another dictionary, and the counts of all
    are merged with at most about 1,500,000 in memory and the others in sorted files. Only the kept
    `types` and some bytes a sentence (12, and 8 for the `offsets` of the loaded corpus) stay in
    memory. The disk needs twice the room of the result: 8 bytes a token.

    Args:
        paths: plain or compressed files; the latter are read by one process each.
        folder: the folder of `tokens.npy`, `offsets.npy`, `types.txt` and `corpus.json`.
        max_length: longer sentences are cut into pieces of this many words.
        max_types: types to keep, `<S> </S> <UNK>` included; tokens of rarer ones become `<UNK>`.
        processes: how many processes read at once. More than one need
            `if __name__ == "__main__":` around the program that calls this.
        on_progress: called with the bytes and tokens read so far.

    Raises:
        ValueError: a number below its minimum, no paths.
        DataError: nothing to read in a file, or no UTF-8 text; the message names file and line.
        FileExistsError: `folder` holds something else than a corpus.
        FileNotFoundError, IsADirectoryError: a path is no file.
        ImportError: zstandard is missing for a file of zstd.
        ChildProcessError: a process was ended from outside.

    Example:
        >>> corpus = prepare_corpus(["a.txt", "b.txt.xz"], "corpus", processes=2)
        >>> corpus.coverage(50_000)
        0.97
    """
    paths, folder = [Path(path) for path in paths], Path(folder)
    check_texts(
        paths, max_length=(max_length, 1), max_types=(max_types, 4), processes=(processes, 1)
    )
    recipe = recipe_of(paths, max_length, max_types)
    if read_report(folder).get("fingerprint") == recipe["fingerprint"]:
        remove_unfinished(folder)
        return Corpus.load(folder)
    split = [parts_of(path) for path in paths]
    parts = [part for parts in split for part in parts]
    with new_folder(folder, overwrite=True, signs=(REPORT,)) as work:
        counted = iter(count_parts(parts, work, max_length, processes, on_progress))
        files = [[next(counted) for _ in parts] for parts in split]
        for path, file in zip(paths, files, strict=True):
            if not any(part.tokens for part in file):
                raise no_words(path)
        types = frequent_types([part for file in files for part in file], work, max_types)
        found = write_arrays(files, types, work)
        (work / "types.txt").write_text("\n".join(types), encoding="utf-8")
        report = recipe | corpus_report(paths, files, found, len(types))
        (work / REPORT).write_text(json.dumps(report, indent=2), encoding="utf-8")
    return Corpus.load(folder)


def read_corpus(
    path: str | PathLike[str],
    types: Sequence[str],
    *,
    max_tokens: int = 0,
    max_length: int = MAX_LENGTH,
) -> Corpus:
    """A text to measure on, in memory; longer sentences are cut as in `prepare_corpus`.

    Args:
        path: a plain or compressed file, one sentence a line, words split on white space.
        types: known words; others are added behind them.
        max_tokens: stop after the sentence that reaches this number; 0 reads everything.
        max_length: longer sentences are cut into pieces of this many words.

    Raises:
        DataError: nothing to read, no UTF-8 text, or nearly all of its words are unknown.
        FileNotFoundError, IsADirectoryError: `path` is no file.
    """
    path = Path(path)
    words: list[str] = []
    lines: list[int] = []
    for block in TextBlocks(Part(path)):
        words += block.words
        lines += block.line_lengths.tolist()
        if 0 < max_tokens <= len(words) - max_length:  # so the sentence that reaches it is whole
            break
    if not words:
        raise no_words(path)
    lengths = sentence_lengths(np.array([*lines, len(words) - sum(lines)]), max_length)
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    if max_tokens:
        offsets = offsets[: np.searchsorted(offsets, max_tokens) + 1]
    corpus = _encode(words[: offsets[-1]], offsets, types)
    _check_known(path, corpus, types)
    return corpus


def encode_sentences(sentences: Sequence[Sequence[str]], types: Sequence[str]) -> Corpus:
    """Held-out sentences as a corpus in memory; words `types` does not have are added behind it."""
    words = [word for words in sentences for word in words]
    return _encode(words, np.cumsum([0, *map(len, sentences)]), types)


def _encode(words: Sequence[str], offsets: np.ndarray, types: Sequence[str]) -> Corpus:
    known = {word: i for i, word in enumerate(types)}
    ids = [known.setdefault(word, len(known)) for word in words]
    return Corpus(list(known), np.array(ids, dtype=np.int32), offsets)


def _check_known(path: Path, corpus: Corpus, types: Sequence[str]) -> None:
    unknown = 1.0 - corpus.coverage(len(types))
    if len(types) > len(MARKS) and unknown > _MOSTLY:
        examples = ", ".join(corpus.types[len(types) :][:3])
        raise DataError(
            f"{path}: {unknown:.1%} of its {corpus.num_tokens:,} words are not among the "
            f"{len(types):,} known ones, such as: {examples}. Expected text like the one the "
            "vocabulary was made of. Is it another language or script, or tokenized differently?"
        )
