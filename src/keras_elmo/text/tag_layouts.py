"""Tags of spans read in every layout: which letters there are, and which types they belong to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from keras_elmo._values import FileScheme
from keras_elmo.text.tags import BILOU, BIO, BIOES, IOB1, PREFIXES, marks_spans

SPAN = "SPAN"  # the type of spans whose tags name none

# The letters of each scheme; what fits several is the first of them.
LETTERS: dict[FileScheme, str] = {
    "IO": "I",
    "BIO": PREFIXES[BIO],
    "IOB1": PREFIXES[IOB1],
    "BIOES": PREFIXES[BIOES],
    "BILOU": PREFIXES[BILOU],
    "BMES": "BMES",
    "BMEWO": "BMEW",
}
_GO_ON = set("IMEL")

# Where letter and type stand, the most usual layout first.
_LETTER, _TYPE = "LETTER", "TYPE"
_TYPED = [f"{a}{joiner}{b}" for a, b in ((_LETTER, _TYPE), (_TYPE, _LETTER)) for joiner in "-_:"]
USUAL = _TYPED[0]
_LAYOUTS = [*_TYPED, _LETTER]
_PATTERNS = {
    layout: re.compile(
        layout.replace(_LETTER, "(?P<letter>[BEILMSUWbeilmsuw])").replace(_TYPE, "(?P<type>.+)")
    )
    for layout in [*_LAYOUTS, _TYPE]
}

Mark = tuple[str, str]  # letter and type; two empty strings outside of spans


def mark(tag: str, layout: str) -> Mark | None:
    """The letter, in upper case, and the type of a tag; None for one that is not of the layout."""
    if tag in ("O", "o"):
        return "", ""
    if not (match := _PATTERNS[layout].fullmatch(tag)):
        return None
    parts = match.groupdict()
    return parts.get("letter", "I").upper(), parts.get("type", SPAN)


def tag_names(scheme: FileScheme, layout: str) -> str:
    """What a tag may be, for messages."""
    names = [layout.replace(_LETTER, x).replace(_TYPE, "type") for x in LETTERS[scheme]]
    return f"a tag in {scheme} is one of O, {', '.join(names)}"


@dataclass(frozen=True)
class Reading:
    """Distinct tags read in one layout and scheme.

    Args:
        layout, scheme: how they are read.
        marks: what those that are of it mark, without the outside of spans.
        odd: the tags that are not of it.
        outside: whether `O` is among them.
        is_usual: whether all are spans as the rest of the library writes them.
    """

    layout: str
    scheme: FileScheme
    marks: frozenset[Mark]
    odd: Sequence[str]
    outside: bool
    is_usual: bool

    @property
    def types(self) -> set[str]:
        """All types."""
        return {span_type for _, span_type in self.marks}

    @property
    def whole_types(self) -> set[str]:
        """The types that are both begun and gone on with."""
        begun = {span_type for letter, span_type in self.marks if letter == "B"}
        return begun & {span_type for letter, span_type in self.marks if letter in _GO_ON}

    @property
    def share_of_whole_types(self) -> float:
        """Share of the types that are both begun and gone on with."""
        return len(self.whole_types) / max(len(self.types), 1)

    @property
    def is_evident(self) -> bool:
        """Whether marks are a sign of spans and not by chance of this layout."""
        letters = {letter for letter, _ in self.marks}
        is_whole = bool(self.whole_types)
        if self.layout != _LETTER:
            return self.is_usual or is_whole or (self.outside and bool(letters & {"B", "I"}))
        if self.outside:
            return is_whole or "I" in letters
        return is_whole and ("I" in letters or len(letters) > 2)

    @property
    def looks_like_spans(self) -> bool:
        """Whether what is of it is more than chance, although some is not."""
        is_most = bool(self.marks) and len(self.marks) >= len(self.odd)
        return (self.layout != _LETTER and bool(self.whole_types)) or (self.outside and is_most)


def readings(tags: Sequence[str], scheme: FileScheme | None) -> list[Reading]:
    """Distinct tags in every layout, the most usual first.

    Args:
        tags: each once.
        scheme: None is in each layout the scheme that most tags are of. In IO a tag may be a
            type alone, unless there are letters of another scheme.
    """
    layouts = _LAYOUTS
    if scheme == "IO" and not any(x.looks_like_spans for x in readings(tags, None)):
        layouts = [*_LAYOUTS, _TYPE]
    return [_reading(tags, layout, scheme) for layout in layouts]


def _reading(tags: Sequence[str], layout: str, scheme: FileScheme | None) -> Reading:
    marks = {tag: mark(tag, layout) for tag in tags}
    spans = [found for found in marks.values() if found and found != ("", "")]
    scheme = scheme or _scheme_of(spans)
    known = {"", *LETTERS[scheme]}
    return Reading(
        layout,
        scheme,
        frozenset(found for found in spans if found[0] in known),
        [tag for tag, found in marks.items() if found is None or found[0] not in known],
        outside=("", "") in marks.values(),
        is_usual=marks_spans(tags),
    )


def _scheme_of(marks: Sequence[Mark]) -> FileScheme:
    """The scheme that most marks are of. IOB1 is one where `B` is missing in some types only."""
    letters = [letter for letter, _ in marks]
    best = max(LETTERS, key=lambda scheme: sum(letter in LETTERS[scheme] for letter in letters))
    begun = {span_type for letter, span_type in marks if letter == "B"}
    return IOB1 if best == BIO and begun < {span_type for _, span_type in marks} else best
