"""The tags of a file, counted while they stream by; which of them are spans is known at its end.

So that no tags need be kept, neighbours are counted: whether a tag begins a span, and whether it
may stand there, depends on the tag before it alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import Any

from keras_elmo._values import FileScheme
from keras_elmo.data.checking.checked_labels import CheckedLabels
from keras_elmo.data.checking.class_findings import (
    alike_findings,
    imbalance_findings,
    one_class,
    rare_findings,
)
from keras_elmo.data.checking.findings import SHOWN, Finding, Lines, Place, places
from keras_elmo.data.kinds import DataKind
from keras_elmo.data.reading import Source
from keras_elmo.data.tag_columns import told_spelling
from keras_elmo.text.tag_spellings import TagSpelling, why_plain

Pair = tuple[str | None, str | None]  # a tag and the next one; None is the edge of the sentence

_MOST_TAGS = 2000  # different ones, beyond which they are hardly tags of spans
_SENTENCE_ENDS = frozenset([".", "!", "?", "…", "。", "！", "？"])
_BRACKETS = TagSpelling("brackets")
_ABBREVIATION = 3  # letters: the period behind so short a word is hardly the end of a sentence
_REFUSED = "`train` refuses them, as --file-scheme is given."
_AS_READ = "They are read as conlleval reads them: where none is open, a span begins."


class TagCounts(CheckedLabels):
    """A tag for each token.

    Args:
        kind: what the tags are for.
        column: the name of theirs, where there are several.
        scheme: the one that they must be in.
    """

    def __init__(self, kind: DataKind, column: str = "", scheme: FileScheme | None = None) -> None:
        super().__init__(kind)
        self._column = column
        self._counts: Counter[Any] = Counter()
        self._pairs: Counter[Pair] = Counter()
        self._lines: dict[Pair, list[int]] = {}  # where pairs stand, which are few
        self._over_ends: dict[Pair, Lines] = {}  # at what ends a sentence, and behind it
        self._missing, self._broken, self._others = Lines(), Lines(), Lines()
        self._spelling: TagSpelling | None = None
        self._scheme_asked = scheme
        self._why_plain: str | None = None
        self._bio: dict[Pair, str] = {}  # the second of each pair in BIO

    def add(self, y: Any, tokens: Sequence[str], line: int) -> None:
        if len(self._counts) > _MOST_TAGS:
            self._add_to_many(y, line)
            return
        self._counts.update(y)
        if self._scheme_asked == _BRACKETS.scheme or "*" in str(y):
            self._check_brackets(y, line)
        if None in y:
            self._missing.add(line, y.count(None))
        found = [*zip(chain([None], y), chain(y, [None]), strict=True)]
        self._pairs.update(found)
        for pair in set(found):
            lines = self._lines.setdefault(pair, [])
            if len(lines) < SHOWN:
                lines.append(line)
        if not _SENTENCE_ENDS.isdisjoint(tokens):
            for place in _ends_inside(tokens):
                pair = (y[place], y[place + 1])
                self._over_ends.setdefault(pair, Lines()).add(line)

    def _add_to_many(self, tags: list[Any], line: int) -> None:
        """Count those known tags of a sentence alone, where there are too many for spans."""
        for kept in (self._pairs, self._lines, self._over_ends):
            kept.clear()
        known = [tag for tag in tags if tag in self._counts]
        self._counts.update(known)
        self._others.add(line, len(tags) - len(known))

    def _check_brackets(self, tags: list[str], line: int) -> None:
        """Find brackets that do not fit: neighbours do not tell which of them are open."""
        try:
            _BRACKETS.convert(tags)
        except (ValueError, TypeError):  # None is no tag of theirs
            self._broken.add(line)

    def tell(self, source: Source) -> None:
        tags = {tag: count for tag, count in self._counts.items() if tag is not None}
        self._spelling = told_spelling(source, tags, self._column)
        if self._spelling is None and self._scheme_asked is None:
            self._why_plain = why_plain(tags)
        elif self._spelling is not None:
            loose = replace(self._spelling, strict=False)
            pairs = [pair for pair in self._pairs if pair[1] is not None]
            self._bio = {pair: _converted(loose, pair) for pair in pairs}

    def counts(self) -> dict[str, Any]:
        return {tag: count for tag, count in self._counts.most_common() if tag is not None}

    def scheme(self) -> Any:
        return str(self._spelling) if self._spelling else None

    def spans(self) -> dict[str, Any]:
        counts: Counter[str] = Counter()
        for pair, tag in self._bio.items():
            if tag.startswith("B-"):
                counts[tag[2:]] += self._pairs[pair]
        return dict(counts.most_common())

    def classes(self) -> Mapping[Any, Sequence[int]] | None:
        return self._lines_of(lambda pair: self._bio.get(pair) if self._spelling else pair[1])

    def _lines_of(self, name: Callable[[Pair], str | None]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for pair, lines in self._lines.items():
            if (key := name(pair)) is not None:
                found[key] = sorted({*found.get(key, ()), *lines})[:SHOWN]
        return found

    def _types(self) -> dict[str, list[int]]:
        """Type → some lines where a span of it begins; of plain classes tag → some lines."""
        found = self._lines_of(lambda pair: self._bio.get(pair, pair[1]))
        if self._spelling is None:
            return found
        return {tag[2:]: lines for tag, lines in found.items() if tag.startswith("B-")}

    def findings(self, place: Place, *, is_trained_on: bool) -> list[Finding]:
        lines = self._types()
        found = list(alike_findings(lines, place))
        counts, counted = (self.spans(), "spans") if self._spelling else (self.counts(), "tokens")
        if is_trained_on:
            trained = self.classes() or {}
            found += one_class(trained if self._spelling else self.counts(), trained, place)
            found += rare_findings(counts, lines, place, counted)
        if is_trained_on and self._spelling:  # parts of speech are never balanced
            found += imbalance_findings(counts, lines, place, counted)
        message = f"tokens with tags beyond {_MOST_TAGS:,} different ones: {{count}}. Spans and "
        message += "places are not told then. Is it the right column?"
        found += self._others.finding("many_labels", message, place)
        if self._why_plain:
            message = f"tags look like spans and are plain classes: {self._why_plain}"
            where = places(chain.from_iterable(lines.values()), place)
            found.append(Finding("plain_tags", len(lines), message, where))
        return [*found, *self._span_findings(self._spelling, place)] if self._spelling else found

    def _span_findings(self, spelling: TagSpelling, place: Place) -> list[Finding]:
        message = "tokens without a tag in a file of spans: {count}. Write O for those outside."
        found = self._missing.finding("missing_tags", message, place, is_refused=True)
        wrong = [pair for pair in self._pairs if not spelling.may_follow(*pair)]
        if spelling.scheme == _BRACKETS.scheme:
            message = "sentences whose brackets do not fit: {count}. `train` refuses them."
            found += self._broken.finding("misplaced_tags", message, place, is_refused=True)
        # Where nearly all spans begin with I, that is no sign of a sentence that was cut.
        is_iob1 = 2 * self._number(wrong) > sum(self.spans().values())
        crossing = [] if is_iob1 else [pair for pair in wrong if pair[0] is None]
        misplaced = [pair for pair in wrong if pair not in crossing]
        if count := self._number(misplaced):
            message = f"tags that must not stand where they do in {spelling}: {count:,}. "
            message += _REFUSED if self._scheme_asked else _AS_READ
            where = self._where(misplaced, place)
            refused = self._scheme_asked is not None
            found.append(Finding("misplaced_tags", count, message, where, refused))
        return [*found, *self._crossing(crossing, place)]

    def _crossing(self, begun: Sequence[Pair], place: Place) -> list[Finding]:
        """Spans that go on at the beginning of a sentence, or behind the end of one inside."""
        over = [x for pair, x in self._over_ends.items() if self._bio.get(pair, "")[:2] == "I-"]
        count = self._number(begun) + sum(lines.count for lines in over)
        if not count:
            return []
        lines = {line for pair in begun for line in self._lines[pair]}
        lines = sorted(lines.union(*(x.first for x in over)))
        message = (
            f"spans that cross the end of a sentence: {count:,}. They go on at the beginning of "
            "one, or behind a period. Are sentences cut where they end?"
        )
        refused = self._scheme_asked is not None and bool(begun)
        return [Finding("spans_cross_sentences", count, message, places(lines, place), refused)]

    def _number(self, pairs: Iterable[Pair]) -> int:
        return sum(self._pairs[pair] for pair in pairs)

    def _where(self, pairs: Iterable[Pair], place: Place) -> tuple[str, ...]:
        lines = sorted({line for pair in pairs for line in self._lines[pair]})
        return places(lines, place)


def _converted(spelling: TagSpelling, pair: Pair) -> str:
    """The second of two neighbours in BIO."""
    if spelling.scheme != "brackets":
        return spelling.convert([tag for tag in pair if tag is not None])[-1]
    tag = pair[1] or "*"
    with suppress(ValueError):  # spans inside others, as was found before
        return spelling.convert([tag] if tag.endswith(")") else [tag, "*)"])[0]
    return "O"


def _ends_inside(tokens: Sequence[str]) -> Iterator[int]:
    """Places of tokens that end a sentence, but not the last one."""
    for place in range(1, len(tokens) - 1):
        token = tokens[place]
        if token in _SENTENCE_ENDS and (token != "." or len(tokens[place - 1]) > _ABBREVIATION):
            yield place
