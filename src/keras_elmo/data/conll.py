"""CoNLL columns: one token a line with its tags beside it, a blank line after each sentence."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from reprlib import repr as short
from typing import NamedTuple

from keras_elmo.files.lines import DataError, count, not_empty, numbered_lines
from keras_elmo.text.tags import BIO, convert_tags

_DOCUMENT_START = "-DOCSTART-"
COMMENTS = "comment lines"  # as they are counted
# Rows of CoNLL-U that repeat words (ranges `1-2`) or have none in the text (empty nodes `1.1`).
_NO_WORD_OF_ITS_OWN = re.compile(r"\d+[-.]\d+")

NumberedRow = tuple[int, list[str]]


class Block(NamedTuple):
    """The rows of a sentence with their line numbers, and the comments above them."""

    rows: list[NumberedRow]
    comments: list[str]


class TaggedSentence(NamedTuple):
    """The tokens of a sentence, a tag for each, and the line of the file where it begins."""

    tokens: list[str]
    tags: list[str]
    line: int


def read_conll(
    path: str | Path,
    token_column: int = 0,
    tag_column: int | None = -1,
    *,
    comments: str | None = None,
    scheme: str | None = None,
    skipped: Counter[str] | None = None,
) -> Iterator[TaggedSentence]:
    """Stream the sentences of a file in columns, which are separated by tabs or else by spaces.

    IOB1, BIOES and BILOU tags become BIO (see [`convert_tags`][keras_elmo.text.tags.convert_tags]);
    other tags stay as they are. `-DOCSTART-` lines end a sentence, as blank lines do.

    Args:
        path: a UTF-8 file, `*.gz` too; `-` is standard input.
        token_column, tag_column: numbers from 0, or from -1 for the last. `tag_column=None` reads
            tokens only, and the tags are empty lists.
        comments: beginning of the lines to pass over, such as `"#"`. The default is none, because
            `#` may be a token; in `*.conllu` files it is `"#"`, and there the rows of multiword
            ranges and empty nodes are passed over as well.
        scheme: scheme of the tags, such as `"IOB1"`: others are an error. By default tags are
            in any scheme, and a span without a sign of its beginning gets one.
        skipped: counts what is passed over, by reason; blank lines between sentences are not.

    Raises:
        DataError: at the first iteration that meets it: no such column, a line with more or fewer
            columns than the others, a comment inside a sentence, an empty token or tag, mixed tag
            schemes, an empty file.

    Example:
        >>> for sentence in read_conll("train.conll"):
        ...     print(sentence.tokens, sentence.tags)
    """
    columns = None
    for rows, above in read_blocks(path, comments, skipped):
        count(skipped, COMMENTS, len(above))
        columns = columns or _columns(path, rows[0], token_column, tag_column)
        yield _sentence(path, rows, *columns, scheme)


def is_conllu(path: str | Path) -> bool:
    """Whether a file's name says that it is in the CoNLL-U format."""
    return Path(path).name.endswith((".conllu", ".conllu.gz"))


def read_blocks(
    path: str | Path, comments: str | None = None, skipped: Counter[str] | None = None
) -> Iterator[Block]:
    """Stream the rows of each sentence; arguments and errors as of `read_conll`."""
    blocks = _blocks(path, comments or ("#" if is_conllu(path) else None), skipped)
    for rows, above in not_empty(blocks, path, "sentences"):
        words = rows
        if is_conllu(path):
            words = [row for row in rows if not _NO_WORD_OF_ITS_OWN.fullmatch(row[1][0])]
        count(skipped, "multiword ranges and empty nodes", len(rows) - len(words))
        if not words:
            raise DataError.at(path, rows[0][0], "the sentence has no word. Remove it.")
        yield Block(words, above)


def _blocks(
    path: str | Path, comments: str | None, skipped: Counter[str] | None
) -> Iterator[Block]:
    rows: list[NumberedRow] = []
    above: list[str] = []
    width = None
    for line, content in numbered_lines(path):
        if not content.strip() or content.startswith(_DOCUMENT_START):
            count(skipped, f"{_DOCUMENT_START} lines", bool(content.strip()))
            if rows:
                yield Block(rows, above)
            else:
                count(skipped, COMMENTS, len(above))
            rows, above = [], []
        elif _is_comment(content, comments):
            if rows:
                message = "a comment must stand above its sentence, not inside it"
                fix = "Move it, or end the sentence before it with a blank line."
                raise DataError.at(path, line, f"{message}. Received: {short(content)}. {fix}")
            above.append(content)
        else:
            fields = _split(content)
            width = width or len(fields)
            if len(fields) != width:
                message = (
                    f"expected {width} columns, as in the lines before. Received: {short(fields)}. "
                    'Is a token, a tag or a blank line missing, or a line a comment (comments="#")?'
                )
                raise DataError.at(path, line, message)
            rows.append((line, fields))
    if rows:
        yield Block(rows, above)
    else:
        count(skipped, COMMENTS, len(above))


def _is_comment(content: str, comments: str | None) -> bool:
    return comments is not None and content.startswith(comments)


def _split(content: str) -> list[str]:
    """The fields of a line. Only tab and space separate: a no-break space may be a token."""
    if "\t" in content:
        return content.split("\t")
    return [field for field in content.split(" ") if field]


def _columns(
    path: str | Path, row: NumberedRow, token_column: int, tag_column: int | None
) -> tuple[int, int | None]:
    """Both columns counted from 0, once it is known how many there are."""
    line, fields = row
    width = len(fields)
    for name, column in (("token_column", token_column), ("tag_column", tag_column)):
        if column is not None and not -width <= column < width:
            message = f"{name} must be from {-width} to {width - 1}. Received: {column}"
            raise DataError.at(path, line, f"{message} for {short(fields)}")
    if tag_column is None:
        return token_column % width, None
    if token_column % width == tag_column % width:
        message = (
            f"tokens and tags must be two columns. Received: {short(fields)}. Is the tag missing?"
        )
        raise DataError.at(path, line, message)
    return token_column % width, tag_column % width


def _sentence(
    path: str | Path,
    rows: list[NumberedRow],
    token_column: int,
    tag_column: int | None,
    scheme: str | None,
) -> TaggedSentence:
    used = [token_column] if tag_column is None else [token_column, tag_column]
    for line, fields in rows:
        if any(not fields[column] for column in used):
            raise DataError.at(path, line, f"empty token or tag. Received: {short(fields)}")
    start = rows[0][0]
    tokens = [fields[token_column] for _, fields in rows]
    if tag_column is None:
        return TaggedSentence(tokens, [], start)
    try:
        tags = [fields[tag_column] for _, fields in rows]
        return TaggedSentence(tokens, convert_tags(tags, BIO, scheme=scheme), start)
    except ValueError as error:
        raise DataError.at(path, start, f"in the sentence that begins here, {error}") from error
