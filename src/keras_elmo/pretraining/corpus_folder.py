"""The record of a prepared corpus: what it was made of, and what was found in its texts."""

import hashlib
import json
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from keras_elmo.files.json_files import read_object
from keras_elmo.files.lines import DataError
from keras_elmo.files.opening import check_file
from keras_elmo.pretraining.counted_parts import CountedPart
from keras_elmo.pretraining.text_blocks import no_words

REPORT = "corpus.json"
_FORMAT = 2  # a change of what is written for the same bytes needs another number
_SUMMED = ("bytes", "lines", "sentences", "tokens", "unknown", "cut_lines")


def read_report(folder: str | PathLike[str]) -> dict[str, Any]:
    """What `corpus.json` holds; nothing if no corpus is there."""
    path = Path(folder) / REPORT
    return read_object(path) if path.exists() else {}


def check_texts(paths: Sequence[Path], **numbers: tuple[int, int]) -> None:
    """Refuse what cannot be prepared; `numbers` are arguments with the least they may be.

    Raises:
        ValueError: a number below its least, no paths.
        DataError: an empty file, or a stream.
        FileNotFoundError, IsADirectoryError: a path is no file.
    """
    for name, (number, least) in numbers.items():
        if number < least:
            raise ValueError(f"{name} must be at least {least}. Received: {number}")
    if not paths:
        raise ValueError("expected one text file at least. Received: no paths.")
    for path in paths:  # all of them before an hour of reading, not after it
        check_file(path)
        if not path.is_file():
            raise DataError(
                f"{path}: is read twice, so it must be a file. Write the stream to one."
            )
        if not path.stat().st_size:
            raise no_words(path)


def recipe_of(paths: Sequence[Path], max_length: int, max_types: int) -> dict[str, Any]:
    """Everything that the result depends on: bytes and order of the files, not their names."""
    digests = []
    for path in paths:
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "blake2b").hexdigest())
    recipe = {"format": _FORMAT, "max_length": max_length, "max_types": max_types}
    whole = json.dumps([recipe, digests]).encode()
    return {"fingerprint": hashlib.blake2b(whole, digest_size=16).hexdigest(), **recipe}


def corpus_report(
    paths: Sequence[Path],
    files: Sequence[Sequence[CountedPart]],
    found: Sequence[dict[str, int]],
    types: int,
) -> dict[str, Any]:
    """Numbers for people and for `corpus.json`, of files, their parts, and their `write_arrays`.

    Returns:
        `files`, a list in the order of `paths`, and `all`, each with `file` (not in `all`), `bytes`
        on the disk, `lines`, `sentences`, `tokens`, `types`, `unknown` (tokens that are `<UNK>`),
        `cut_lines` (longer than a sentence may be), and `longest_line`: its `words` and its `line`,
        counted from 1, in `all` with its `file`.
    """
    rows: list[dict[str, Any]] = [
        {**_row(path, parts), **numbers}
        for path, parts, numbers in zip(paths, files, found, strict=True)
    ]
    longest = max(rows, key=lambda row: row["longest_line"]["words"])
    total: dict[str, Any] = {name: sum(row[name] for row in rows) for name in _SUMMED}
    total["types"] = types
    total["longest_line"] = longest["longest_line"] | {"file": longest["file"]}
    return {"files": rows, "all": total}


def _row(path: Path, parts: Sequence[CountedPart]) -> dict[str, Any]:
    lines, longest = 0, {"words": 0, "line": 0}
    for part in parts:
        if part.longest > longest["words"]:
            longest = {"words": part.longest, "line": lines + part.longest_line}
        lines += part.lines
    return {
        "file": str(path),
        "bytes": path.stat().st_size,
        "lines": lines,
        "sentences": sum(len(part.lengths) for part in parts),
        "tokens": sum(part.tokens for part in parts),
        "cut_lines": sum(part.cut_lines for part in parts),
        "longest_line": longest,
    }
