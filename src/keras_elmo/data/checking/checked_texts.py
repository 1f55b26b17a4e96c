"""The texts of a file, counted while they stream by: words, lengths, and which stand there twice.

Of each text 16 bytes are kept, so that a million of them takes 16 MB.
"""

import re
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from keras_elmo.data.checking.findings import SHOWN, Finding, Lines, Place, listed, places

GIANT = 1000  # tokens of a text that is hardly one
SEEN_BYTES = 48  # of a word, by published ELMos: 50 characters with the two marks at its ends
UNKNOWN_SHARE = 0.2  # of the tokens, from which on the text is hardly of the vocabulary's language
_ENOUGH = 100  # tokens to tell that by

# About the tokens of `--tokenizer words`, of which a million texts would take minutes.
_WORD = re.compile(r"\w+(?:[-.,:&/]\w+)*|['’]\w+|\.{2,}|-{2,}|[^\w\s]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffd]")


def words_of(text: str) -> list[str]:
    """Words and marks of a text, about as `--tokenizer words` splits it, but fast."""
    return _WORD.findall(text)


def text_of(x: Any) -> str:
    """What is predicted on as one string: the same for a text and its tokens; pairs by lines."""
    if isinstance(x, str):
        return x
    return "\n".join(map(text_of, x)) if isinstance(x, tuple) else " ".join(x)


class CheckedWords:
    """Counts tokens.

    Args:
        known: words that are known; empty where it does not matter.
        is_whitespace: whether texts are split at spaces alone.
    """

    def __init__(self, known: Collection[str], *, is_whitespace: bool) -> None:
        self._known = known
        self._split = str.split if is_whitespace else words_of
        self.lengths: Counter[int] = Counter()
        self._giant, self._long, self._control = Lines(), Lines(), Lines()
        self._wordless, self._unknown = Lines(), Lines()
        self._unknown_words: dict[str, None] = {}

    def add(self, x: Any, text: str, line: int) -> list[str]:
        """Count a text, and return its tokens."""
        if isinstance(x, tuple):
            tokens = [token for part in x for token in self._tokens(part)]
        else:
            tokens = self._tokens(x)
        size = len(tokens)
        self.lengths[size] += 1
        if size > GIANT:
            self._giant.add(line)
        if not any(map(str.isalnum, text)):
            self._wordless.add(line)
        is_odd = not text.isprintable() or "\ufffd" in text  # which is much faster to find out
        if is_odd and (found := _CONTROL.findall(text)):
            self._control.add(line, len(found))
        if max(map(len, tokens), default=0) > (SEEN_BYTES if text.isascii() else SEEN_BYTES // 4):
            self._add_long(tokens, line)
        if self._known:
            self._add_unknown(tokens, line)
        return tokens

    def _tokens(self, part: Any) -> list[str]:
        return self._split(part) if isinstance(part, str) else part

    def _add_long(self, tokens: Sequence[str], line: int) -> None:
        count = sum(len(token.encode(errors="replace")) > SEEN_BYTES for token in tokens)
        if count:
            self._long.add(line, count)

    def _add_unknown(self, tokens: Sequence[str], line: int) -> None:
        count = len(tokens) - sum(map(self._known.__contains__, tokens))
        if not count:
            return
        if len(self._unknown_words) < SHOWN:
            new = [token for token in tokens if token not in self._known]
            self._unknown_words |= dict.fromkeys(new)
        self._unknown.add(line, count)

    @property
    def tokens(self) -> int:
        """The number of tokens."""
        return sum(length * count for length, count in self.lengths.items())

    def quantiles(self) -> dict[str, int]:
        """Tokens of the shortest text, the longest, and those between."""
        lengths = sorted(self.lengths)
        until = np.cumsum([self.lengths[length] for length in lengths])
        shares = {"shortest": 0.0, "median": 0.5, "95 %": 0.95, "99 %": 0.99, "longest": 1.0}
        last = until[-1] - 1
        return {
            name: lengths[int(np.searchsorted(until, round(share * last), side="right"))]
            for name, share in shares.items()
        }

    def findings(self, place: Place, *, is_tagged: bool) -> list[Finding]:
        """What may be wrong with these texts."""
        found = [
            *self._giant.finding(
                "giant_texts",
                f"texts of more than {GIANT:,} tokens: {{count}}. Is a quote left open, or a line "
                "end missing? Such texts take much memory and time.",
                place,
            ),
            *self._long.finding(
                "long_words",
                f"words of more than {SEEN_BYTES} bytes, behind which published ELMos see nothing: "
                "{count}. Are they addresses, or is white space missing?",
                place,
            ),
            *self._control.finding(
                "control_characters",
                "control and replacement characters in texts: {count}. Was the file decoded as it "
                "was written (--encoding)?",
                place,
            ),
        ]
        if not is_tagged:
            message = "texts without a letter or digit: {count}."
            found += self._wordless.finding("no_words", message, place)
        return [*found, *self._unknown_finding(place)]

    def _unknown_finding(self, place: Place) -> list[Finding]:
        tokens, unknown = self.tokens, self._unknown.count
        if tokens < _ENOUGH or unknown <= UNKNOWN_SHARE * tokens:
            return []
        return self._unknown.finding(
            "unknown_words",
            f"{unknown / tokens:.0%} of the tokens are not in the vocabulary of the preset's "
            f"language model, such as {listed(list(self._unknown_words)[:SHOWN])}. "
            "Is the text in its language, and split into words?",
            place,
        )


class CheckedTexts:
    """Which texts a file has, by hashes of 8 bytes, with 4 of their labels and 4 of their lines."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._texts, self._labels, self._lines = array("q"), array("I"), array("I")

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, text: str, label: Any, line: int) -> None:
        """Keep a text."""
        self._texts.append(hash(text))
        label = label if isinstance(label, str | float) else str(label)
        self._labels.append(hash(label) & 0xFFFFFFFF)
        self._lines.append(line)

    def findings(self) -> list[Finding]:
        """Texts that stand in the file twice, with one label or with two."""
        texts, labels = np.frombuffer(self._texts, np.int64), np.frombuffer(self._labels, np.uint32)
        order = np.argsort(texts, kind="stable")
        again = np.zeros(len(order), bool)
        again[1:] = texts[order[1:]] == texts[order[:-1]]
        first = order[np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))]
        other = again & (labels[order] != labels[first])
        pairs = [(first[kind], order[kind]) for kind in (again & ~other, other)]
        return [
            *self._finding(
                "duplicates",
                pairs[0],
                len(pairs[0][0]),
                "rows that repeat an earlier one, text and label: {count}. Where rows are held out "
                "at random, some are then both trained and measured on.",
            ),
            *self._finding(
                "conflicting_labels",
                pairs[1],
                len(np.unique(pairs[1][0])),
                "texts that stand there with two labels or more: {count}. Which one is right? "
                "Where all are, it is --task multi-label, with a row for each text.",
            ),
        ]

    def _finding(
        self, code: str, pairs: tuple[np.ndarray, np.ndarray], count: int, message: str
    ) -> list[Finding]:
        if not count:
            return []
        first, again = pairs
        order = np.argsort(again)[: max(1, SHOWN - 1)]
        rows = np.stack([first[order], again[order]], 1).ravel()
        where = tuple(dict.fromkeys(self.place(self._lines[row]) for row in rows))
        return [Finding(code, count, message.format(count=f"{count:,}"), where)]

    def shared_with(self, other: "CheckedTexts", name: str) -> list[Finding]:
        """The finding of texts that stand in another file, too."""
        mine, theirs = (np.frombuffer(x._texts, np.int64) for x in (self, other))
        rows = np.flatnonzero(np.isin(mine, theirs))
        if not len(rows):
            return []
        where = [*places(_lines(self, rows), self.place)]
        where += places(_lines(other, [int(np.argmax(theirs == mine[rows[0]]))]), other.place)
        message = (
            f"texts that stand in {name}, too: {len(rows):,}. What is measured on them says little "
            "about new ones: remove them from one of the files."
        )
        return [Finding("shared_texts", len(rows), message, tuple(where))]


def _lines(texts: CheckedTexts, rows: Iterable[int]) -> list[int]:
    return [texts._lines[row] for row in list(rows)[:SHOWN]]
