"""Tag schemes: how spans are written as a tag for each token, and one scheme out of another."""

import re
from collections.abc import Iterable, Sequence
from typing import get_args

import numpy as np

from keras_elmo._values import Scheme

Span = tuple[str, int, int]  # type, first token, token behind the last

IOB1, BIO, BIOES, BILOU = SCHEMES = get_args(Scheme)

# Begin, Inside, End, Single; BILOU says Last and Unit for the latter two.
_SPAN_TAG = re.compile(r"([BIESLU])-(.+)")
_BEGINS, _ENDS = "BSU", "ESLU"
PREFIXES = {IOB1: "BI", BIO: "BI", BIOES: "BIES", BILOU: "BILU"}


def to_bio(tags: Sequence[str]) -> list[str]:
    """The tags of one sentence in the BIO scheme (IOB2), where every span begins with `B-`.

    Understands IOB1 (`B-` only between neighbours of one type), BIOES and BILOU. BIO comes back as
    it is, except that a span which begins with `I-` gets its `B-`. Tags of no span scheme, such as
    parts of speech, come back unchanged.

    Raises:
        ValueError: `B-` or `I-` tags beside tags that are neither spans nor `O`.

    Example:
        >>> to_bio(["I-PER", "I-PER", "O", "I-LOC", "B-LOC"])
        ['B-PER', 'I-PER', 'O', 'B-LOC', 'B-LOC']
    """
    return convert_tags(tags, BIO)


def convert_tags(tags: Sequence[str], to: str, *, scheme: str | None = None) -> list[str]:
    """The tags of one sentence in another scheme.

    Args:
        tags: in any scheme. Tags of no span scheme, such as parts of speech, come back unchanged.
        to: `"BIO"` (IOB2), `"BIOES"`, `"IOB1"` or `"BILOU"`.
        scheme: the scheme they must be in. None takes them as conlleval does, whatever the scheme:
            a span that begins without a sign of it, or is left open, is mended.

    Raises:
        ValueError: an unknown scheme, tags against their `scheme`, or `B-` and `I-` tags beside
            tags that are neither spans nor `O`.

    Example:
        >>> convert_tags(["B-PER", "I-PER", "O", "B-LOC"], "BIOES")
        ['B-PER', 'E-PER', 'O', 'S-LOC']
        >>> convert_tags(["O", "I-PER"], "BIOES", scheme="BIO")
        ValueError: tag 1 ('I-PER') must not stand behind 'O' in BIO. ...
    """
    check_scheme(to)
    if scheme is not None:
        check_tags(tags, scheme)
    matches = [_SPAN_TAG.fullmatch(tag) for tag in tags]
    strange = [
        tag for tag, match in zip(tags, matches, strict=True) if match is None and tag != "O"
    ]
    if strange and any(match and match[1] in "BI" for match in matches):
        raise ValueError(f"beside B- and I- tags only O is allowed. Received: {strange[0]!r}")
    return list(tags) if strange else write_spans(read_spans(tags), len(tags), to)


def read_spans(tags: Sequence[str]) -> list[Span]:
    """The spans of one sentence's tags in any scheme, counted as conlleval counts them.

    A span begins at `B-` and `S-`, behind `E-` and `S-`, and wherever no span of this type is open;
    what is neither a span's tag nor `O` belongs to none.
    """
    spans: list[Span] = []
    open_type = None
    for place, tag in enumerate(tags):
        match = _SPAN_TAG.fullmatch(tag)
        if match is None:
            open_type = None
            continue
        prefix, span_type = match.groups()
        if prefix in _BEGINS or span_type != open_type:
            spans.append((span_type, place, place + 1))
        else:
            spans[-1] = (span_type, spans[-1][1], place + 1)
        open_type = None if prefix in _ENDS else span_type
    return spans


def write_spans(spans: Iterable[Span], length: int, scheme: str = BIO) -> list[str]:
    """The tags of spans, which are in order and do not overlap, in a sentence of `length` tokens.

    Raises:
        ValueError: an unknown scheme.
    """
    check_scheme(scheme)
    last, single = {BIOES: "ES", BILOU: "LU"}.get(scheme, "IB")
    tags, before = ["O"] * length, ("", 0, 0)
    for span_type, start, end in spans:
        prefixes = ["B", *"I" * (end - start - 2), last] if end - start > 1 else [single]
        if scheme == IOB1 and before[::2] != (span_type, start):  # no neighbour of this type
            prefixes[0] = "I"
        tags[start:end] = [f"{prefix}-{span_type}" for prefix in prefixes]
        before = (span_type, start, end)
    return tags


def check_scheme(scheme: str) -> None:
    """Raise ValueError for a scheme that is not known."""
    if scheme not in SCHEMES:
        raise ValueError(f"a tag scheme is one of {', '.join(SCHEMES)}. Received: {scheme!r}")


def check_tags(tags: Sequence[str], scheme: str) -> None:
    """Make sure that the tags of one sentence are in a scheme.

    Raises:
        ValueError: an unknown scheme, or the first tag that is not of the scheme, or must not
            stand where it does.
    """
    check_scheme(scheme)
    _check_names(tags, scheme)
    if (place := misplaced(tags, scheme)) is not None:
        mend = f"`convert_tags(tags, {scheme!r})` mends it."
        raise ValueError(f"{misplaced_message(tags, place, scheme)} {mend}")


def misplaced(tags: Sequence[str], scheme: str) -> int | None:
    """The place of the first tag of a scheme that must not stand there, or of the end."""
    pairs = enumerate(zip([None, *tags], [*tags, None], strict=True))
    return next((i for i, pair in pairs if not may_follow(*pair, scheme)), None)


def misplaced_message(tags: Sequence[str], place: int, scheme: str) -> str:
    """What is wrong at the place that `misplaced` returned, with the tags as they are written."""
    what = f"tag {place} ({tags[place]!r})" if place < len(tags) else "the end of the sentence"
    behind = f"behind {tags[place - 1]!r}" if place else "at the beginning of a sentence"
    return f"{what} must not stand {behind} in {scheme}. Received: {' '.join(tags)}."


def may_follow(before: str | None, after: str | None, scheme: str) -> bool:
    """Whether a tag may stand behind another one; None is the edge of the sentence."""
    left, left_type = _parts(before)
    right, right_type = _parts(after)
    is_open, goes_on = left in ("B", "I"), right in ("I", "E", "L")
    fits = is_open and left_type == right_type
    if scheme == IOB1:
        return fits or right != "B"
    if scheme == BIO:
        return fits or not goes_on
    return fits if goes_on else not is_open


def continues(before: str, after: str) -> bool:
    """Whether a tag goes on with the span of the tag before it, as `read_spans` reads them."""
    left, left_type = _parts(before)
    right, right_type = _parts(after)
    return left in ("B", "I") and right in ("I", "E", "L") and left_type == right_type


def marks_spans(labels: Sequence[str]) -> bool:
    """Whether labels mark spans: `O`, `B-type`, `I-type` and the like, and nothing else."""
    marks = [label for label in labels if label != "O"]
    return bool(marks) and all(_SPAN_TAG.fullmatch(label) for label in marks)


def scheme_of(labels: Sequence[str]) -> str | None:
    """The scheme that labels are of: BIO, BIOES or BILOU; None where they are of none of them.

    IOB1 has the labels of BIO, which is taken for it.
    """
    parts = {_parts(label) for label in labels if label != "O"}
    prefixes = {prefix for prefix, _ in parts}
    lonely = any(prefix == "I" and ("B", name) not in parts for prefix, name in parts)
    if lonely or not marks_spans(labels):
        return None
    return next((x for x in (BIO, BIOES, BILOU) if prefixes <= set(PREFIXES[x])), None)


def scheme_labels(labels: Iterable[str], scheme: str) -> list[str]:
    """All labels of a scheme for the types of spans that some labels are of, `O` first.

    Raises:
        ValueError: an unknown scheme.
    """
    check_scheme(scheme)
    types = dict.fromkeys(span_type for _, span_type in map(_parts, labels) if span_type)
    return ["O", *(f"{prefix}-{name}" for name in types for prefix in PREFIXES[scheme])]


def detect_scheme(sentences: Sequence[Sequence[str]]) -> str | None:
    """The scheme that all tags of a data set are in; None for tags of no scheme, or of several.

    What fits several is BIO rather than IOB1, and these rather than BIOES and BILOU.
    """
    for scheme in (BIO, IOB1, BIOES, BILOU):
        try:
            for tags in sentences:
                check_tags(tags, scheme)
        except ValueError:
            continue
        return scheme
    return None


def allowed_transitions(
    labels: Sequence[str], scheme: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which labels may begin a sentence, follow one another, and end it.

    Returns:
        bool `(labels,)`, `(labels, labels)` with the row before the column, and `(labels,)`.

    Raises:
        ValueError: an unknown scheme, or a label that is not of it.
    """
    check_scheme(scheme)
    _check_names(labels, scheme)
    start = [may_follow(None, label, scheme) for label in labels]
    between = [[may_follow(a, b, scheme) for b in labels] for a in labels]
    end = [may_follow(label, None, scheme) for label in labels]
    return np.array(start), np.array(between), np.array(end)


def span_edges(labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The spans of labels: their type, and whether one begins or ends there in any case.

    Returns:
        int32 `(labels,)`, 0 for `O` and labels of no span, else a number for each type; and twice
        bool `(labels,)`.
    """
    parts = [_parts(label) for label in labels]
    return (
        span_types(labels)[1],
        np.array([prefix != "" and prefix in _BEGINS for prefix, _ in parts]),
        np.array([prefix != "" and prefix in _ENDS for prefix, _ in parts]),
    )


def span_types(labels: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """The types of spans that labels are of, `O` first, and the number of each label's type.

    Returns:
        The names, and int32 `(labels,)`: 0 for `O` and labels of no span.
    """
    own = [_parts(label)[1] for label in labels]
    types = [*dict.fromkeys(["", *own])]
    return ["O", *types[1:]], np.array(list(map(types.index, own)), np.int32)


def _check_names(tags: Sequence[str], scheme: str) -> None:
    for place, tag in enumerate(tags):
        match = _SPAN_TAG.fullmatch(tag)
        if tag != "O" and not (match and match[1] in PREFIXES[scheme]):
            names = ", ".join(f"{prefix}-type" for prefix in PREFIXES[scheme])
            raise ValueError(
                f"a tag in {scheme} is one of O, {names}. Received: tag {place}, {tag!r}. "
                f"`convert_tags` makes {scheme} of other schemes."
            )


def _parts(tag: str | None) -> tuple[str, str]:
    """Prefix and type; two empty strings for `O` and the edge of a sentence."""
    match = tag and _SPAN_TAG.fullmatch(tag)
    return (match[1], match[2]) if match else ("", "")
