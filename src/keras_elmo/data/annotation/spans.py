"""Spans of characters: checked, and as tags of tokens."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from reprlib import repr as short
from typing import Any, NamedTuple, get_args

from keras_elmo._values import Align
from keras_elmo.data.annotation.offsets import check_places
from keras_elmo.data.bad_rows import RowError
from keras_elmo.text.alignment import token_span
from keras_elmo.text.tags import read_spans, write_spans
from keras_elmo.text.tokenizers import Tokenizer

CharSpan = tuple[int, int, str]  # first character, the one behind the last, type

ERROR, EXPAND, CONTRACT = ALIGNMENTS = get_args(Align)


class TaggedText(NamedTuple):
    """A text with spans as its tokens.

    Attributes:
        tokens: as they are written in the text.
        tags: of each token, in BIO.
        misaligned: those spans that were widened or narrowed, as they were given.
    """

    tokens: list[str]
    tags: list[str]
    misaligned: list[CharSpan]


# === Checks ===


def checked_spans(text: str, spans: Iterable[Any]) -> list[CharSpan]:
    """The spans of a text in order.

    Args:
        text: the text.
        spans: `(start, end, type)` each, in any order; a number is a type, too.

    Raises:
        RowError: what is no span, places that are no whole numbers, a span that is empty or not in
            the text, has no type, or overlaps another one.
    """
    found = sorted(_checked_span(text, span) for span in spans)
    for before, after in pairwise(found):
        if after[0] < before[1]:
            raise RowError(
                "overlapping spans",
                "spans must not overlap, as a token has one tag. "
                f"Received: {shown(text, before)} and {shown(text, after)}.",
            )
    return found


def shown(text: str, span: CharSpan) -> str:
    """A span for an error."""
    start, end, kind = span
    return f"{short(text[start:end])} ({kind}, {start} to {end})"


def _checked_span(text: str, given: Any) -> CharSpan:
    if not isinstance(given, list | tuple) or len(given) != 3:
        raise RowError("no span", f"a span is [start, end, type]. Received: {short(given)}.")
    start, end, kind = given
    check_places(start, end)
    if not (isinstance(kind, str) and kind.strip()) and type(kind) is not int:
        raise RowError("span without a type", f"a span needs a type. Received: {short(kind)}.")
    span = (start, end, str(kind).strip())
    if start == end:
        raise RowError("empty span", f"a span must not be empty. Received: {shown(text, span)}.")
    if not 0 <= start < end <= len(text):
        raise RowError(
            "span outside the text",
            f"a span must lie in the text, which has {len(text)} characters. "
            f"Received: {start} to {end} ({span[2]}).",
        )
    return span


# === Tokens ===


def tokens_and_tags(
    text: str, spans: Iterable[CharSpan], tokenizer: Tokenizer, align: str = ERROR
) -> TaggedText:
    """The tokens of a text and their tags.

    White space at the ends of a span belongs to no token and does not count.

    Args:
        text: the text.
        spans: as `checked_spans` returns them.
        tokenizer: what makes tokens of it.
        align: what becomes of a span that begins or ends inside of a token: `"error"`, `"expand"`
            to all tokens it touches, or `"contract"` to those that it covers.

    Raises:
        RowError: such a span with `"error"`; one that touches, or covers, no token; two that meet
            in a token when they are widened.
        ValueError: another `align`.

    Example:
        >>> tokens_and_tags("Ada, 36.", [(0, 3, "PER")], get_tokenizer("words"))
        TaggedText(tokens=['Ada', ',', '36', '.'], tags=['B-PER', 'O', 'O', 'O'], misaligned=[])
    """
    if align not in ALIGNMENTS:
        raise ValueError(f"align is one of {', '.join(ALIGNMENTS)}. Received: {align!r}")
    places = tokenizer.spans(text)
    found, misaligned = [], []
    for span in spans:
        first, last, exact = _tokens_of(text, places, span, align)
        if not exact and align == ERROR:
            raise _cuts_tokens(text, span, places[first:last], tokenizer)
        if not exact:
            misaligned.append(span)
        if found and first < found[-1][2]:
            raise RowError(
                "spans that meet in a token",
                f"a token cannot be in two spans. Received: {text[slice(*places[first])]!r}. Try "
                "`--align contract`, or leave the row out with `--skip-bad`.",
            )
        found.append((span[2], first, last))
    tokens = [text[start:end] for start, end in places]
    return TaggedText(tokens, write_spans(found, len(tokens)), misaligned)


def tag_spans(tags: Sequence[str], places: Sequence[tuple[int, int]]) -> list[CharSpan]:
    """The spans of tags, in characters; `places` has start and end of each token."""
    return [(places[first][0], places[end - 1][1], kind) for kind, first, end in read_spans(tags)]


def _tokens_of(
    text: str, places: Sequence[tuple[int, int]], span: CharSpan, align: str
) -> tuple[int, int, bool]:
    """The tokens of a span, and whether it ends where they do."""
    start, end = _stripped(text, span)
    first, last = token_span(places, start, end) if start < end else (0, 0)
    exact = first < last and (places[first][0], places[last - 1][1]) == (start, end)
    if align == CONTRACT and not exact and first < last:
        first += places[first][0] < start
        last -= places[last - 1][1] > end
    if first >= last:
        raise RowError(
            "span without a token",
            f"a span must hold a whole token. Received: {shown(text, span)}.",
        )
    return first, last, exact


def _stripped(text: str, span: CharSpan) -> tuple[int, int]:
    part = text[span[0] : span[1]]
    return span[1] - len(part.lstrip()), span[0] + len(part.rstrip())


def _cuts_tokens(
    text: str, span: CharSpan, places: Sequence[tuple[int, int]], tokenizer: Tokenizer
) -> RowError:
    cut = [
        text[start:end] for start, end in places if start < span[0] < end or start < span[1] < end
    ]
    hint = (
        "" if tokenizer.name == "words" else "Split off punctuation with `--tokenizer words`, or w"
    )
    return RowError(
        "span that cuts a token",
        f"a span must end where tokens do. Received: {shown(text, span)}, which cuts "
        f"{' and '.join(map(short, cut))}. {hint or 'W'}iden it to whole tokens with "
        "`--align expand`, or narrow it with `--align contract`.",
    )
