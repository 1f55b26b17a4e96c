"""Text files → a memory-mapped corpus of word-type ids, read in a seeded order."""

import gzip
import hashlib
import json
import lzma
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from keras_elmo.text.readers import DataError
from keras_elmo.text.vocabulary import MARKS

_OPENERS = {".gz": gzip.open, ".xz": lzma.open}
_UNREADABLE = (UnicodeDecodeError, EOFError, OSError, lzma.LZMAError, zlib.error)
BOS, EOS, UNK = range(len(MARKS))


@dataclass(frozen=True)
class Corpus:
    """A prepared corpus.

    Attributes:
        types: all word types, `<S> </S> <UNK>` first, then by falling frequency. A word's type id
            is its place in this list, and below the softmax's vocabulary size its target as well.
        tokens: int32 `(tokens,)`, type ids of all sentences one after another (memory-mapped).
        offsets: int64 `(sentences + 1,)`, where each sentence begins.
    """

    types: list[str]
    tokens: np.ndarray
    offsets: np.ndarray
    fingerprint: str = ""

    @property
    def num_tokens(self) -> int:
        return len(self.tokens)

    def coverage(self, vocabulary_size: int) -> float:
        """Share of the tokens that a vocabulary of this size contains."""
        return float(np.mean(np.asarray(self.tokens) < vocabulary_size))

    @classmethod
    def load(cls, folder: str | Path) -> "Corpus":
        folder = Path(folder)
        return cls(
            types=(folder / "types.txt").read_text(encoding="utf-8").split("\n"),
            tokens=np.load(folder / "tokens.npy", mmap_mode="r"),
            offsets=np.load(folder / "offsets.npy"),
        )


def prepare_corpus(
    paths: Sequence[str | Path],
    folder: str | Path,
    *,
    max_length: int = 60,
    on_progress: Callable[[int], None] = lambda tokens: None,
) -> Corpus:
    """Read text files (one sentence a line, words split on spaces) into `folder`, once.

    A second call with the same files (the same bytes) reads what the first one wrote.

    Args:
        paths: plain, .gz or .xz files.
        folder: where `tokens.npy`, `offsets.npy`, `types.txt` and `corpus.json` are written.
        max_length: longer sentences are cut into pieces of this many words.
        on_progress: called with the number of tokens read so far.

    Raises:
        DataError: nothing to read in a file, or not UTF-8.
    """
    folder = Path(folder)
    paths = [Path(path) for path in paths]
    recipe = {
        "files": [[path.name, _digest(path)] for path in paths],
        "max_length": max_length,
    }
    report = folder / "corpus.json"
    if report.exists() and json.loads(report.read_text())["recipe"] == recipe:
        return Corpus.load(folder)
    types = {mark: i for i, mark in enumerate(MARKS)}
    tokens, offsets = array("i"), array("q", [0])
    for path in paths:
        for words in _sentences(path, max_length):
            tokens.extend([types.setdefault(word, len(types)) for word in words])
            offsets.append(len(tokens))
        on_progress(len(tokens))
    names, ids = _by_frequency(list(types), np.frombuffer(tokens, dtype=np.int32))
    folder.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    np.save(folder / "tokens.npy", ids)
    np.save(folder / "offsets.npy", np.frombuffer(offsets, dtype=np.int64))
    (folder / "types.txt").write_text("\n".join(names), encoding="utf-8")
    # Written last: an interrupted preparation leaves no report and starts again.
    summary = {"recipe": recipe, "tokens": len(ids), "types": len(names)}
    report.write_text(json.dumps(summary, indent=2))
    return Corpus.load(folder)


def read_corpus(
    path: str | PathLike[str], types: Sequence[str], *, max_tokens: int = 0, max_length: int = 60
) -> Corpus:
    """A text to measure on, in memory; longer sentences are cut as in `prepare_corpus`.

    Args:
        path: a plain, .gz or .xz file, one sentence a line, words split on spaces.
        types: known words; others are added behind them.
        max_tokens: stop after the sentence that reaches this number; 0 reads everything.
        max_length: longer sentences are cut into pieces of this many words.

    Raises:
        DataError: nothing to read, or not UTF-8.
    """
    sentences, count = [], 0
    for words in _sentences(Path(path), max_length):
        sentences.append(words)
        count += len(words)
        if 0 < max_tokens <= count:
            break
    return encode_sentences(sentences, types)


def encode_sentences(sentences: Sequence[Sequence[str]], types: Sequence[str]) -> Corpus:
    """Held-out sentences as a corpus in memory; words `types` does not have are added behind it."""
    known = {word: i for i, word in enumerate(types)}
    ids = [known.setdefault(word, len(known)) for words in sentences for word in words]
    offsets = np.cumsum([0, *map(len, sentences)])
    return Corpus(list(known), np.array(ids, dtype=np.int32), offsets)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


def _sentences(path: Path, max_length: int) -> Iterator[list[str]]:
    opener = _OPENERS.get(path.suffix, open)
    empty = True
    with opener(path, "rt", encoding="utf-8-sig") as file:
        try:
            for line in file:
                words = line.split()
                for start in range(0, len(words), max_length):
                    empty = False
                    yield words[start : start + max_length]
        except _UNREADABLE as error:
            raise DataError(f"{path}: cannot be read as UTF-8 text. Received: {error}") from error
    if empty:
        raise DataError(f"{path}: has no words. Expected one sentence a line.")


def _by_frequency(names: list[str], ids: np.ndarray) -> tuple[list[str], np.ndarray]:
    counts = np.bincount(ids, minlength=len(names))
    words = sorted(range(len(MARKS), len(names)), key=lambda i: (-counts[i], names[i]))
    order = np.array([*range(len(MARKS)), *words])
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return [names[i] for i in order], rank[ids].astype(np.int32)
