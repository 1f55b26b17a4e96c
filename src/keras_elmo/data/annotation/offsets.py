"""Places in a text, as editors count them and as Python does."""

from reprlib import repr as short
from typing import Any, get_args

from keras_elmo._values import Offsets
from keras_elmo.data.bad_rows import RowError

CHARACTERS, UTF16 = get_args(Offsets)


def in_characters(
    text: str, start: Any, end: Any, *, quoted: str | None = None, offsets: str | None = None
) -> tuple[int, int]:
    """The place of a span in characters, as Python counts them.

    Editors that run in a browser mostly count UTF-16 units: an emoji, and every other character
    above U+FFFF, is two of them.

    Args:
        text: the text.
        start, end: the place that the editor gives.
        quoted: what the span holds, as far as that is known. It decides where only one of the two
            counts gives it.
        offsets: `"characters"` or `"utf-16"`; None is an error where it matters.

    Raises:
        RowError: no numbers, a text that is not at this place, or a place that depends on
            `offsets`.
    """
    check_places(start, end)
    readings = _readings(text, start, end)
    first = readings.get(offsets or CHARACTERS)
    if quoted is not None:
        return _quoted(text, quoted, [*filter(None, (first, *readings.values()))])
    if first is None:
        raise RowError(
            "span that cuts an emoji",
            f"a place must not be in the middle of an emoji. Received: {start} to {end} in UTF-16 "
            f"units. Are these characters (`--offsets {CHARACTERS}`)?",
        )
    if offsets is None and len({*readings.values()}) > 1:
        raise RowError(
            "place of a span behind an emoji",
            "an emoji before the end of a span is one character, but two UTF-16 units, which "
            f"editors in a browser count. Received: {start} to {end}. Say what this file counts "
            f"with `--offsets {UTF16}` or `--offsets {CHARACTERS}`.",
        )
    return first


def in_utf16(text: str, place: int) -> int:
    """The number of UTF-16 units before a character."""
    return place + sum(letter > "\uffff" for letter in text[:place])


def _readings(text: str, start: int, end: int) -> dict[str, tuple[int, int]]:
    """The place in characters by what is counted; no UTF-16 where that would cut an emoji."""
    found = {CHARACTERS: (start, end), UTF16: (start, end)}
    if not text.isascii() and max(text) > "\uffff":
        del found[UTF16]
        first, last = _decoded(text, start), _decoded(text, end)
        if first is not None and last is not None:
            found[UTF16] = first, last
    return found


def _quoted(text: str, quoted: str, places: list[tuple[int, int]]) -> tuple[int, int]:
    for start, end in places:
        if text[start:end] == quoted or text[start:end] == quoted.replace("\\n", "\n"):
            return start, end
    start, end = places[0]
    raise RowError(
        "span with another text",
        f"a span must hold what stands at its place, {start} to {end}: {short(text[start:end])}. "
        f"Received: {short(quoted)}.",
    )


def _decoded(text: str, units: int) -> int | None:
    """The number of characters in so many UTF-16 units; None in the middle of an emoji."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    if not 0 <= 2 * units <= len(encoded):
        return -1 if units < 0 else len(text) + 1
    try:
        return len(encoded[: 2 * units].decode("utf-16-le"))
    except UnicodeDecodeError:
        return None


def check_places(*places: Any) -> None:
    """Raise RowError for places that are no whole numbers."""
    if any(type(place) is not int for place in places):
        raise RowError(
            "span without its place",
            f"a span needs whole numbers as start and end. Received: {places}.",
        )
