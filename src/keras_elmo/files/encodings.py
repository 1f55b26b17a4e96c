"""Encodings of text: by a file's mark, by name, and what bytes of an unknown one look like."""

import codecs
from contextlib import suppress
from difflib import get_close_matches
from encodings.aliases import aliases
from typing import Any

UTF_8 = "UTF-8"
_MARKS = {  # UTF-32 first: its mark begins with that of UTF-16
    codecs.BOM_UTF32_LE: "UTF-32 LE",
    codecs.BOM_UTF32_BE: "UTF-32 BE",
    codecs.BOM_UTF8: UTF_8,
    codecs.BOM_UTF16_LE: "UTF-16 LE",
    codecs.BOM_UTF16_BE: "UTF-16 BE",
}
LONGEST_MARK = max(map(len, _MARKS))
_OF_MARKS = {codecs.lookup(name).name: name for name in _MARKS.values()}
_SHOWN = 3  # guesses
_NOISE = 0.1  # of charset-normalizer's measure of how like a language a text is


def known_encoding(name: str) -> str:
    """The one name of an encoding of text that Python knows, such as "UTF-8" or "cp1252".

    Raises:
        ValueError: Python knows no such encoding.
    """
    try:
        found = codecs.lookup(name).name
        with suppress(UnicodeError):
            b"a".decode(name)  # refuses what encodes no text, such as base64
    except (LookupError, ValueError):
        near = get_close_matches(name.lower(), sorted({*aliases, *aliases.values()}), 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ValueError(
            "an encoding has a name that Python knows, such as utf-8, utf-16, cp1252 or gb18030. "
            f"Received: {name!r}.{hint}"
        ) from None
    return _OF_MARKS.get(found.removesuffix("-sig"), found)


def marked_encoding(start: bytes) -> tuple[str | None, int]:
    """The encoding that the mark at the beginning of a file names, and the mark's bytes."""
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            return name, len(mark)
    return None, 0


def agrees(encoding: str, marked: str) -> bool:
    """Whether a file that is marked as one encoding can be read as another, e.g. "utf-16"."""
    return encoding == marked or encoding.upper() == marked.rpartition(" ")[0]


def likely_encodings(sample: bytes) -> list[str]:
    """The encodings that bytes which are no UTF-8 look like, the likeliest first; [] for none."""
    from charset_normalizer import from_bytes

    matches = [match for match in from_bytes(sample) if not match.encoding.startswith("utf")]
    found = [match.encoding for match in matches]
    best = {
        name
        for match in matches
        if _as_good(match, matches[0])
        for name in match.could_be_from_charset
    }
    first = ["cp1252"] if "cp1252" in best else []  # of equals by far the commonest
    return list(dict.fromkeys(first + found))[:_SHOWN]


def is_mostly_utf_8(sample: bytes) -> bool:
    """Whether more characters beyond ASCII are right in UTF-8 than wrong."""
    text = sample.decode("utf-8", errors="replace")
    beyond, wrong = sum(character > "\x7f" for character in text), text.count("\ufffd")
    return beyond > 2 * wrong


def _as_good(match: Any, other: Any) -> bool:
    return match.chaos == other.chaos and other.coherence - match.coherence < _NOISE


def utf_16_of(sample: bytes) -> str | None:
    """The UTF-16 that bytes look like: with its mark, or every other byte a zero as in English."""
    marked, _ = marked_encoding(sample)
    if marked and marked != UTF_8:
        return marked.lower().replace(" ", "-")
    for name, zeros, letters in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        half = len(sample) // 2
        if sample[zeros::2].count(0) > 0.7 * half > 0 == sample[letters::2].count(0):
            return name
    return None
