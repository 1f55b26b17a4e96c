"""Columns of tokens: one token a line with its tags beside it, a blank line after each sentence.

CoNLL's shared tasks, CoNLL-U (https://universaldependencies.org/format.html) and their kin.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from reprlib import repr as short
from typing import Any, NamedTuple

from keras_elmo.data.bad_rows import RowError
from keras_elmo.data.predictions.column_lines import CONLLU
from keras_elmo.data.reading import Record, Source
from keras_elmo.data.roles import is_known_name, parse_columns
from keras_elmo.text.tag_spellings import TagSpelling

UNSPECIFIED = "_"
_ID, _MISC = 0, len(CONLLU) - 1
_DOCUMENT_MARK = re.compile(r"-DOCSTART-|#begin document|#end document")
_METADATA = re.compile(r"#\s*(\S+?)\s*=\s*(.*)")
# Rows of CoNLL-U that repeat words (ranges `1-2`) or have none in the text (empty nodes `1.1`).
_NO_WORD_OF_ITS_OWN = re.compile(r"\d+[-.]\d+")
_LOOKED_AT = 20  # sentences by which a column of numbers is known
_LONG = 50  # tokens of a sentence that is hardly all of a file

NumberedRow = tuple[int, list[str]]


class _Block(NamedTuple):
    """The rows of a sentence with their line numbers, and the comments above them."""

    rows: list[NumberedRow]
    comments: list[str]


def read_token_columns(source: Source) -> Iterator[Record]:
    """Stream sentences: a list for each column, and a string for each comment `# key = value`.

    Columns are separated by tabs or else by spaces; white space at the end of a line is none. Their
    names are numbers from 0, those of a first row of names, or those of CoNLL-U's fields; there the
    keys in MISC are columns, too.

    Raises:
        DataError: no sentences.
    """
    is_conllu = source.file_format == "conllu"
    blocks = _blocks(source)
    first = next(blocks, None)
    blocks = iter(()) if first is None else chain([_without_header(source, first)], blocks)
    blocks = (block for block in blocks if block.rows)
    records = (_conllu(source, block) if is_conllu else _conll(source, block) for block in blocks)
    known = (record for record in records if record is not None)
    begun = list(islice(known, _LOOKED_AT))
    _note_one_sentence(source, begun)
    if not is_conllu and source.reading.text is None:
        _drop_count(source, begun)
    if not is_conllu and source.reading.label is None:
        _note_other_spans(source, begun)
    yield from source.not_empty(chain(begun, known), "sentences")


def _blocks(source: Source) -> Iterator[_Block]:
    """Blocks of lines between blank ones; document marks end a sentence, too."""
    lines: list[tuple[int, str]] = []
    width = _Width(source)
    for line, content in source.text.lines():
        is_mark = bool(_DOCUMENT_MARK.match(content))
        source.bad.skipped["document marks"] += is_mark
        if content.strip() and not is_mark:
            lines.append((line, content))
        elif lines:
            yield from width.block(lines)
            lines = []
    if lines:
        yield from width.block(lines)
    if not source.bad.skipped["document marks"]:
        del source.bad.skipped["document marks"]


class _Width:
    """Splits lines into columns; all lines have as many as the first sentence's last one."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._width = 0
        is_conllu = source.file_format == "conllu"
        self._comment = "#" if is_conllu else source.reading.comment
        self._keys = {*parse_columns(source.reading.label or "-1").values()}

    def block(self, lines: list[tuple[int, str]]) -> Iterator[_Block]:
        """The block of some lines, unless it cannot be used."""
        rows: list[NumberedRow] = []
        comments: list[str] = []
        self._width = self._width or _usual_width(lines)
        for line, content in lines:
            fields = _split(content)
            try:
                if self._is_comment(content, fields, begins=not rows):
                    self._check_place(content, rows)
                    comments.append(content)
                else:
                    self._check_width(fields)
                    rows.append((line, fields))
            except RowError as error:
                self._source.bad.add(line, error, content)
                return
        unused = len(comments) - len(_metadata(comments))
        self._source.bad.skipped.update({"comment lines": unused} if unused else {})
        if rows:
            yield _Block(rows, comments)

    def _is_comment(self, content: str, fields: list[str], *, begins: bool) -> bool:
        if self._comment is not None:
            return content.startswith(self._comment)
        key = _METADATA.fullmatch(content)
        if key and key[1] in self._keys:
            return True
        if not (content.startswith("#") and begins and len(fields) != self._width):
            return False
        self._source.note("lines that begin with '#' above a sentence are comments (--comment)")
        return True

    def _check_place(self, content: str, rows: list[NumberedRow]) -> None:
        if rows:
            message = "a comment must stand above its sentence, not inside it"
            fix = "Move it, or end the sentence before it with a blank line."
            message = f"{message}. Received: {short(content)}. {fix}"
            raise RowError("comment inside a sentence", message)

    def _check_width(self, fields: list[str]) -> None:
        if len(fields) != self._width:
            message = (
                f"expected {self._width} columns, as in the lines before. Received: "
                f"{short(fields)}. Is a token, a tag or a blank line missing, or a line a comment "
                "(`--comment '#'`)?"
            )
            raise RowError("number of columns", message)


def _usual_width(lines: list[tuple[int, str]]) -> int:
    """The columns of the first line that is hardly a comment."""
    rows = [line for _, line in lines if not line.startswith("#")]
    return len(_split(rows[0] if rows else lines[-1][1]))


def _split(content: str) -> list[str]:
    """The fields of a line. Only tab and space separate: a no-break space may be a token."""
    content = content.rstrip(" \t")
    if "\t" in content:
        return content.split("\t")
    return [field for field in content.split(" ") if field]


def _without_header(source: Source, block: _Block) -> _Block:
    """The first sentence without a row of names, which is told by its words or said."""
    if source.file_format == "conllu":
        source.names = list(CONLLU)
        return block
    _, first = block.rows[0]
    said = source.reading.header
    source.header = all(map(is_known_name, (first[0], first[-1]))) if said is None else said
    source.names = list(first) if source.header else [str(i) for i in range(len(first))]
    if source.header and said is None:
        source.note(f"the first row holds names: {', '.join(first)} (--no-header)")
    return block._replace(rows=block.rows[1:]) if source.header else block


def _metadata(comments: Sequence[str]) -> dict[str, str]:
    return {match[1]: match[2] for match in map(_METADATA.fullmatch, comments) if match}


def _conll(source: Source, block: _Block) -> Record | None:
    columns: dict[str, Any] = {}
    for name, values in zip(source.names, _values(block), strict=True):
        columns[name] = values
    if not _is_usable(source, block, columns):
        return None
    return Record(block.rows[0][0], _metadata(block.comments) | columns)


def _values(block: _Block) -> Iterator[list[str]]:
    return map(list, zip(*(fields for _, fields in block.rows), strict=True))


def _is_usable(source: Source, block: _Block, columns: dict[str, Any]) -> bool:
    """Whether no field is empty."""
    for line, fields in block.rows:
        if not all(fields):
            error = RowError("empty field", f"empty token or tag. Received: {short(fields)}")
            source.bad.add(line, error, fields)
            return False
    return True


def _note_one_sentence(source: Source, begun: list[Record]) -> None:
    lengths = [len(record.fields[source.names[-1]]) for record in begun[:2]]
    if len(lengths) == 1 and lengths[0] > _LONG:
        source.note(
            f"the whole file is one sentence of {lengths[0]:,} tokens. Are blank lines missing "
            "between its sentences?"
        )


def _drop_count(source: Source, records: list[Record]) -> None:
    """Take the next column for the words where the first one only counts them."""
    if len(source.names) < 3 or not records:
        return
    first = source.names[0]
    for record in records:
        values = record.fields[first]
        begin = values[0]
        if begin not in ("0", "1"):
            return
        if values != [str(int(begin) + i) for i in range(len(values))]:
            return
    source.note(f"the first column counts words, the next one holds them (--text {first})")
    source.names = source.names[1:]


def _note_other_spans(source: Source, begun: list[Record]) -> None:
    """Say which columns hold spans besides the last one, which is taken."""
    for name in source.names[1:-1]:
        if TagSpelling.of(tag for record in begun for tag in record.fields[name]):
            source.note(f"column {name} holds tags of spans, too (--label {name})")


# === CoNLL-U ===


def _conllu(source: Source, block: _Block) -> Record | None:
    words = [row for row in block.rows if not _NO_WORD_OF_ITS_OWN.fullmatch(row[1][0])]
    left_out = len(block.rows) - len(words)
    try:
        _check_words(block.rows[0][0], words, source)
    except RowError as error:
        source.bad.add(block.rows[0][0], error, block.rows[0][1])
        return None
    if left_out:
        source.bad.skipped["multiword ranges and empty nodes"] += left_out
    columns: dict[str, Any] = dict(zip(CONLLU, _values(_Block(words, [])), strict=True))
    for name in ("UPOS", "XPOS", "DEPREL"):
        columns[name] = [None if tag == UNSPECIFIED else tag for tag in columns[name]]
    keys = _misc(columns[CONLLU[_MISC]])
    return Record(block.rows[0][0], keys | _metadata(block.comments) | columns)


def _check_words(line: int, words: list[NumberedRow], source: Source) -> None:
    if not words:
        raise RowError("no word", "the sentence has no word. Remove it.")
    if len(words[0][1]) != len(CONLLU):
        message = (
            f"CoNLL-U has ten columns. Received: {short(words[0][1])}. Is it `--format conll`?"
        )
        raise RowError("number of columns", message)
    ids = [fields[_ID] for _, fields in words]
    if ids != [str(i) for i in range(1, len(ids) + 1)]:
        odd = next(i for i, name in enumerate(ids) if name != str(i + 1))
        message = (
            f"words must be counted from 1 on. Received: {ids[odd]!r} as word {odd + 1}, in line "
            f"{words[odd][0]}. Is a blank line missing before it?"
        )
        raise RowError("ids of words", message)


def _misc(values: list[str]) -> dict[str, Any]:
    """The keys in MISC, with the value of each word; None where a word has none."""
    pairs = [dict(p.split("=", 1) for p in value.split("|") if "=" in p) for value in values]
    keys = dict.fromkeys(key for own in pairs for key in own)
    return {key: [own.get(key) for own in pairs] for key in keys}
