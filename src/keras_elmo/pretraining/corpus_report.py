"""What was found in the texts of a corpus: a record for each file and one for all."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_elmo.pretraining.counted_parts import CountedPart

_SUMMED = ("bytes", "lines", "sentences", "tokens", "unknown", "cut_lines")


def corpus_report(
    paths: Sequence[Path],
    files: Sequence[Sequence[CountedPart]],
    found: Sequence[dict[str, int]],
    types: int,
) -> dict[str, Any]:
    """Numbers for people and for `corpus.json`.

    Args:
        paths: the files.
        files: their parts, in order.
        found: `types` and `unknown` tokens of each file, as `write_arrays` counts them.
        types: of the whole corpus.

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
        "sentences": sum(part.sentences for part in parts),
        "tokens": sum(part.tokens for part in parts),
        "cut_lines": sum(part.cut_lines for part in parts),
        "longest_line": longest,
    }
