"""Spans in brackets, as the columns of CoNLL-2005 and CoNLL-2012 have them: `(PERSON*`, `*)`."""

import re
from collections.abc import Collection, Sequence

from keras_elmo.text.tags import BIO, Span, write_spans

_BRACKETED = re.compile(r"(\([^()*]+)+\*?\)*|\*\)*")
_OPENED = re.compile(r"\(([^()*]+)")


def is_bracketed(tags: Collection[str]) -> bool:
    """Whether all tags of a column are spans in brackets, some of which begin: `(GPE)`, `*`."""
    return (
        any("*" in tag for tag in tags)
        and any("(" in tag for tag in tags)
        and all(_BRACKETED.fullmatch(tag) for tag in tags)
    )


def read_brackets(tags: Sequence[str]) -> list[str]:
    """The tags of one sentence in BIO.

    Raises:
        ValueError: a tag of another kind, a span inside another one, a bracket without the other.

    Example:
        >>> read_brackets(["(PERSON*", "*)", "*", "(GPE)"])
        ['B-PERSON', 'I-PERSON', 'O', 'B-GPE']
    """
    spans: list[Span] = []
    opened: tuple[str, int] | None = None  # type and place
    for place, tag in enumerate(tags):
        where = f"Received: tag {place}, {tag!r}, in {' '.join(tags)}"
        if not _BRACKETED.fullmatch(tag):
            raise ValueError(f"a tag in brackets is one of *, (type*, *), (type). {where}")
        types, closed = _OPENED.findall(tag), tag.count(")")
        if len(types) + (opened is not None) > 1:
            message = "a tag for each token cannot hold spans inside others"
            raise ValueError(f"{message}. Is it a column of parses? {where}")
        opened = (types[0], place) if types else opened
        if closed > (opened is not None):
            raise ValueError(f"a bracket is closed that is not open. {where}")
        if opened and closed:
            spans.append((opened[0], opened[1], place + 1))
            opened = None
    if opened:
        raise ValueError(f"({opened[0]} is not closed. Received: {' '.join(tags)}")
    return write_spans(spans, len(tags), BIO)
