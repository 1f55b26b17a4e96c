"""How a file spells the tags of spans, told from all of its tags, and the way to BIO.

Whatever a file has becomes BIO with `B-type` and `I-type`; `tags.py` knows what follows from that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self, get_args

from keras_elmo._values import FileScheme
from keras_elmo.text.bracketed_spans import is_bracketed, read_brackets
from keras_elmo.text.tag_layouts import LETTERS, USUAL, Reading, mark, readings, tag_names
from keras_elmo.text.tags import (
    BIO,
    BIOES,
    IOB1,
    convert_tags,
    may_follow,
    misplaced,
    misplaced_message,
)

_AS_IN_BIOES = str.maketrans("MW", "IS")
_ORDER_OF = {"IO": IOB1, "BMES": BIOES, "BMEWO": BIOES}


@dataclass(frozen=True)
class TagSpelling:
    """How the tags of a file mark spans.

    Letters, `O` too, may be upper or lower case; types are taken as they are.

    Args:
        scheme: what the letters are: `"BIO"`, `"IOB1"`, `"BIOES"`, `"BILOU"`, `"BMES"` (M is
            inside), `"BMEWO"` (W is a whole span), `"IO"`, where a span is a run of one type; or
            `"brackets"`, as of CoNLL-2012.
        layout: where they stand: `LETTER-TYPE`, `TYPE_LETTER` and the like, `LETTER` alone (spans
            of the one type `SPAN`), or in IO `TYPE` alone.
        strict: whether tags against the scheme are refused. Else they are mended as conlleval
            reads them: a span may begin without a sign of it, or be left open.

    Example:
        >>> spelling = TagSpelling.of(["O", "PER_b", "PER_m", "PER_e", "PER_w"])
        >>> print(spelling, spelling.convert(["PER_b", "PER_e", "O"]))
        BMEWO, spelt TYPE_LETTER ['B-PER', 'I-PER', 'O']
    """

    scheme: FileScheme
    layout: str = USUAL
    strict: bool = False

    @classmethod
    def of(cls, tags: Iterable[str], scheme: FileScheme | None = None) -> Self | None:
        """Tell the spelling from all distinct tags of a file.

        A spelling must explain every tag, and all but `LETTER-TYPE` in upper case need a sign
        beside that: a type that is both begun and gone on with, or `O` with `B` or `I`. Where
        letters stand alone `O` and `B` are no sign: they are classes, as no span would ever go on.

        Of several, that one is taken in which the largest share of types is both begun and gone
        on with, because a wrong one takes letters for a part of types and tears them apart:
        `B-cell-B` and `B-cell-I` are of the one type `B-cell`. Of equals that one is taken which
        is most usual: the letter before the type, joined by `-`. The fewest types are no measure:
        `B-D-B I-D-B B-D-E I-D-E B-D-S I-D-S` has three types in BIO, and only `B-D` and `I-D` if
        the letters of BIOES stood behind.

        BIO and IOB1 differ in no letter, and are read alike. IOB1 is named where some types, but
        not all, have no `B`.

        Args:
            tags: of the whole file.
            scheme: the one that they must be in; no other sign is needed then, and in IO a tag may
                be a type alone. `"none"` takes them as plain classes.

        Returns:
            None for plain classes, such as parts of speech.

        Raises:
            ValueError: an unknown scheme, or a tag that is not of the scheme; in brackets `convert`
                finds it, with its place.
        """
        distinct = list(dict.fromkeys(tags))
        if scheme not in (None, *get_args(FileScheme)):
            names = ", ".join(get_args(FileScheme))
            raise ValueError(f"the scheme of tags is one of {names}. Received: {scheme!r}")
        if scheme == "none":
            return None
        if scheme == "brackets" or (scheme is None and is_bracketed(distinct)):
            return cls("brackets", "(TYPE*)", strict=True)
        found = readings(distinct, scheme)
        fitting = [x for x in found if not x.odd and (scheme or x.is_evident)]
        if fitting:
            best = max(fitting, key=lambda reading: reading.share_of_whole_types)
            return cls(best.scheme, best.layout, strict=scheme is not None)
        if scheme is None:
            return None
        raise ValueError(f'{_odd_ones(_closest(found))}. "none" takes tags as plain classes.')

    def convert(self, tags: Sequence[str]) -> list[str]:
        """The tags of one sentence in BIO.

        Raises:
            ValueError: a tag that is not of the spelling; where it is strict, a tag that must not
                stand where it does.
        """
        if self.scheme == "brackets":
            return read_brackets(tags)
        usual = [self._usual(place, tag) for place, tag in enumerate(tags)]
        order = _ORDER_OF.get(self.scheme, self.scheme)
        if self.strict and (place := misplaced(usual, order)) is not None:
            raise ValueError(misplaced_message(tags, place, self.scheme))
        return convert_tags(usual, BIO)

    def may_follow(self, before: str | None, after: str | None) -> bool:
        """Whether a tag may stand behind another one; None is the edge of the sentence.

        Of brackets the neighbours do not tell.
        """
        if self.scheme == "brackets":
            return True
        left, right = (None if tag is None else self._usual(0, tag) for tag in (before, after))
        return may_follow(left, right, _ORDER_OF.get(self.scheme, self.scheme))

    def _usual(self, place: int, tag: str) -> str:
        letter, span_type = mark(tag, self.layout) or ("?", "")
        if letter and letter not in LETTERS[self.scheme]:
            names = tag_names(self.scheme, self.layout)
            raise ValueError(f"{names}. Received: tag {place}, {tag!r}")
        return f"{letter.translate(_AS_IN_BIOES)}-{span_type}" if letter else "O"

    def __str__(self) -> str:
        return self.scheme if self.layout == USUAL else f"{self.scheme}, spelt {self.layout}"


def why_plain(tags: Iterable[str]) -> str | None:
    """Why tags that look like spans are taken as plain classes, for a warning.

    Args:
        tags: all of a file.

    Returns:
        What keeps them from being spans, with the tags that do; None for tags that are spans, or do
        not look so.

    Example:
        >>> why_plain(["O", "B-PER", "I-PER", "PER"])
        "a tag in BIO is one of O, B-type, I-type. Received: 'PER'"
    """
    distinct = list(dict.fromkeys(tags))
    if TagSpelling.of(distinct):
        return None
    best = _closest(readings(distinct, None))
    if best.looks_like_spans:
        few = f"{_listed(distinct)} may be letters of spans, but then no span goes on"
        return _odd_ones(best) if best.odd else few
    if "O" in distinct and len(distinct) > 1 and all(len(x) > 1 for x in distinct if x != "O"):
        return f"O stands beside types without letters, as in IO. Received: {_listed(distinct)}"
    return None


def _closest(found: Sequence[Reading]) -> Reading:
    return min(found, key=lambda reading: len(reading.odd))


def _odd_ones(reading: Reading) -> str:
    return f"{tag_names(reading.scheme, reading.layout)}. Received: {_listed(reading.odd)}"


def _listed(tags: Sequence[str]) -> str:
    more = f" and {len(tags) - 5:,} more" if len(tags) > 5 else ""
    return ", ".join(map(repr, tags[:5])) + more
