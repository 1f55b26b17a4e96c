"""One tag scheme out of many."""

import re
from collections.abc import Sequence

# Begin, Inside, End, Single; BILOU says Last and Unit for the latter two.
_SPAN_TAG = re.compile(r"([BIESLU])-(.+)")
_BEGINS, _ENDS = "BSU", "ESLU"


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
    matches = [_SPAN_TAG.fullmatch(tag) for tag in tags]
    strange = [
        tag for tag, match in zip(tags, matches, strict=True) if match is None and tag != "O"
    ]
    if strange and any(match and match[1] in "BI" for match in matches):
        raise ValueError(f"beside B- and I- tags only O is allowed. Received: {strange[0]!r}")
    return list(tags) if strange else _begin_every_span(matches)


def _begin_every_span(matches: Sequence[re.Match[str] | None]) -> list[str]:
    bio, open_type = [], None
    for match in matches:
        if match is None:
            bio.append("O")
            open_type = None
            continue
        prefix, span_type = match.groups()
        begins = prefix in _BEGINS or span_type != open_type
        bio.append(f"{'B' if begins else 'I'}-{span_type}")
        open_type = None if prefix in _ENDS else span_type
    return bio
