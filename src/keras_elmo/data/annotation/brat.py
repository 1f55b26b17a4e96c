"""brat's standoff annotations: a text in `NAME.txt`, its spans in `NAME.ann`.

As "brat standoff format" and "annotation configuration" of its documentation describe them, and
`server/src/annotation.py` of its repository reads them. Places count the characters of the file,
line ends included.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from reprlib import repr as short
from typing import Any, NamedTuple

from keras_elmo.data.annotation.spans import CharSpan, checked_spans
from keras_elmo.data.bad_rows import RowError
from keras_elmo.files.lines import DataError, count
from keras_elmo.files.new_folder import new_folder

_TEXT_BOUND = re.compile(r"T[^\t]*\t(\S+) (\d+ \d+(?:;\d+ \d+)*)\t(.*)")
# First letter of an identifier → what is passed over.
_OTHERS = {"R": "relations", "*": "relations", "E": "events", "A": "attributes", "M": "attributes"}
_OTHERS |= {"N": "normalizations", "#": "notes"}
_CONFIGURATION = "annotation.conf"
_MOST_TEXTS = 100  # of a document: brat shows one as a whole


class BratRow(NamedTuple):
    """A line of a text with the spans that begin in it.

    Attributes:
        path: the file of the text.
        line: the number of the line in it, from 1.
        fields: `id` (name of the file, `:`, the line), `text`, and `spans` as `(start, end, type)`
            in characters of the line.
        error: why the row cannot be used; then `spans` is empty.
    """

    path: Path
    line: int
    fields: dict[str, Any]
    error: RowError | None = None


class _Span(NamedTuple):
    """A text-bound annotation: its line in the file, and what it says."""

    line: int
    fragments: list[tuple[int, int]]
    kind: str
    quoted: str


def brat_records(path: str | Path, skipped: Counter[str] | None = None) -> Iterator[BratRow]:
    """Stream the lines of annotated texts, as a whole document is too long for a tagger.

    Args:
        path: a folder with pairs of `.txt` and `.ann`, also in folders of it, or a file of a pair.
        skipped: counts what is passed over, by reason: blank lines, annotations other than spans,
            texts without an `.ann`.

    Raises:
        DataError: file and line of an annotation that is none, or lies outside of the text; a file
            of a pair without the other; a folder without pairs; bytes that are not UTF-8.
        FileNotFoundError: there is nothing at `path`.
    """
    path = Path(path)
    for text_file in _texts(path, skipped):
        marks = text_file.with_suffix(".ann")
        if not text_file.is_file():
            raise DataError(f"{marks}: there is no {text_file.name} beside it, which has the text.")
        name = text_file.relative_to(path) if path.is_dir() else Path(text_file.name)
        yield from _rows(text_file, marks, name.with_suffix("").as_posix(), skipped)


def _texts(path: Path, skipped: Counter[str] | None) -> list[Path]:
    """The texts of all pairs."""
    if not path.is_dir():
        if not path.exists():
            raise FileNotFoundError(f"no such file or folder. Received: {path}.")
        if not path.with_suffix(".ann").is_file():
            raise DataError(f"{path}: there is no {path.stem}.ann beside it, which has the spans.")
        return [path.with_suffix(".txt")]
    pairs = sorted(marks.with_suffix(".txt") for marks in path.rglob("*.ann"))
    if not pairs:
        raise DataError(f"{path}: the folder holds no pairs of .txt and .ann. Is it the right one?")
    count(skipped, "texts without .ann", len({*path.rglob("*.txt")} - {*pairs}))
    return pairs


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")  # `read_text` would change line ends
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DataError.at(path, line, "not valid UTF-8, which brat writes.") from error


def _rows(
    text_file: Path, marks: Path, name: str, skipped: Counter[str] | None
) -> Iterator[BratRow]:
    text = _read(text_file)
    mark = int(text.startswith("\ufeff"))  # of the order of bytes; brat counts it
    starts = [mark, *(match.end() for match in re.finditer("\n", text))]
    by_line: dict[int, list[_Span]] = defaultdict(list)
    for span in _spans(marks, skipped):
        start, end = span.fragments[0][0], span.fragments[-1][1]
        if not 0 <= start < end <= len(text):
            message = f"a span must lie in {text_file.name}, which has {len(text)} characters"
            raise DataError.at(marks, span.line, f"{message}. Received: {start} to {end}.")
        by_line[max(1, bisect_right(starts, start))].append(span)
    for line, start in enumerate(starts, 1):
        content = text[start : starts[line] - 1 if line < len(starts) else None]
        if content.strip() or by_line[line]:
            fields = {"id": f"{name}:{line}", "text": content.removesuffix("\r")}
            yield _row(text_file, line, fields, start, by_line[line], marks)
        elif line < len(starts):  # behind the last line end there is no line
            count(skipped, "blank lines")


def _row(
    path: Path, line: int, fields: dict[str, Any], start: int, spans: list[_Span], marks: Path
) -> BratRow:
    try:
        found = [_moved(fields["text"], start, span, marks) for span in spans]
        return BratRow(path, line, {**fields, "spans": checked_spans(fields["text"], found)})
    except RowError as error:
        return BratRow(path, line, {**fields, "spans": []}, error)


def _spans(marks: Path, skipped: Counter[str] | None) -> Iterator[_Span]:
    """The text-bound annotations of a file; others are counted."""
    for line, content in enumerate(_read(marks).split("\n"), 1):
        content = content.removesuffix("\r")
        other = _OTHERS.get(content[:1])
        if other and "\t" in content:
            count(skipped, other)
        elif content.strip():
            match = _TEXT_BOUND.fullmatch(content)
            if match is None:
                message = "an annotation of brat is like 'T1<tab>PER 0 3<tab>Ada'"
                raise DataError.at(marks, line, f"{message}. Received: {short(content)}.")
            pairs = [pair.split(" ") for pair in match[2].split(";")]
            yield _Span(line, [(int(a), int(b)) for a, b in pairs], match[1], match[3])


def _moved(text: str, start: int, span: _Span, marks: Path) -> tuple[int, int, str]:
    """A span as one of its line, which begins at `start` of the file."""
    first, last = span.fragments[0][0] - start, span.fragments[-1][1] - start
    where = f"{marks.name}:{span.line}"
    if last > len(text):
        raise RowError(
            "span across a line end",
            f"{where}: each line is a text of its own, and a span must end in it. "
            f"Received: {short(span.quoted)} ({span.kind}).",
        )
    if len(span.fragments) > 1:
        raise RowError(
            "discontinuous span",
            f"{where}: a span must be one piece. "
            f"Received: {short(span.quoted)} ({span.kind}) in {len(span.fragments)} pieces.",
        )
    if text[first:last] != span.quoted:
        raise RowError(
            "span with another text",
            f"{where}: a span must hold what the text has there: {short(text[first:last])}. "
            f"Received: {short(span.quoted)}.",
        )
    return first, last, span.kind


# === Writing ===


def write_brat(
    texts: Iterable[tuple[str, Sequence[CharSpan]]],
    folder: str | Path,
    *,
    overwrite: bool = False,
) -> None:
    """Write texts with spans into a new folder, each on a line of its own.

    A document has up to 100 texts. `annotation.conf` lists the types of spans.

    Args:
        texts: a text and its spans, one by one.
        folder: what is made.
        overwrite: whether an empty folder may be there; one with annotations is never replaced.

    Raises:
        FileExistsError: it is there.
        ValueError: a type with white space, which brat cannot have.
    """
    types: dict[str, None] = {}
    rows = iter(texts)
    with new_folder(folder, overwrite=overwrite, signs=(_CONFIGURATION,)) as new:
        number = 0
        while part := list(islice(rows, _MOST_TEXTS)):
            number += 1
            _write_document(new / f"{number:05}", part)
            types |= dict.fromkeys(kind for _, spans in part for *_, kind in spans)
        sections = ["[entities]", *types, "[relations]", "[events]", "[attributes]"]
        (new / _CONFIGURATION).write_text("\n".join(sections) + "\n", encoding="utf-8")


def _write_document(stem: Path, rows: Sequence[tuple[str, Sequence[CharSpan]]]) -> None:
    place, marks = 0, []
    for text, spans in rows:
        marks += [_mark(text, place, span) for span in spans]
        place += len(text) + 1
    document = "".join(f"{text}\n" for text, _ in rows)
    stem.with_suffix(".txt").write_bytes(document.encode())  # `write_text` would change line ends
    lines = (f"T{number}\t{mark}\n" for number, mark in enumerate(marks, 1))
    stem.with_suffix(".ann").write_bytes("".join(lines).encode())


def _mark(text: str, place: int, span: CharSpan) -> str:
    """A span; across line ends and tabs it is in pieces, as brat itself writes it."""
    start, end, kind = span
    if re.search(r"\s", kind):
        raise ValueError(f"a type must be without white space in brat. Received: {kind!r}")
    pieces = list(re.finditer(r"\S(?:[^\n\t]*\S)?", text[start:end]))
    places = (f"{place + start + m.start()} {place + start + m.end()}" for m in pieces)
    return f"{kind} {';'.join(places)}\t{' '.join(m[0] for m in pieces)}"
