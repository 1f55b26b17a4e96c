"""Bytes that are no text: what they look like instead, and what works."""

import re

from keras_elmo.files.binary_files import binary_kind
from keras_elmo.files.encodings import UTF_8, is_mostly_utf_8, likely_encodings, utf_16_of

_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")  # 0x1b begins what ISO-2022 says
_MOST_CONTROL = 0.01  # of a text's bytes
_AROUND = 1 << 15  # bytes on both sides that an encoding is guessed from


class BadTextError(Exception):
    """A byte that cannot be read as text.

    Args:
        what: what it is not.
        byte: its value.
        encoding: what was tried.
        advice: what to do.
    """

    def __init__(self, what: str, byte: int, encoding: str, advice: str) -> None:
        super().__init__(what, byte, encoding, advice)
        self.what, self.byte, self.encoding, self.advice = what, byte, encoding, advice

    def at(self, place: str) -> str:
        """The message, with a place such as `byte 7 of the line`."""
        return f"{self.what}. Received: 0x{self.byte:02x} at {place}. {self.advice}"


def undecodable(error: UnicodeDecodeError, encoding: str, remedy: str | None) -> BadTextError:
    """A byte that is not of the encoding.

    Args:
        error: what the decoder raised; the encoding is guessed from all its bytes.
        encoding: the one that was tried.
        remedy: what to do, with `{}` for the likely encoding; None where the encoding was given.
    """
    place = error.start
    byte, sample = error.object[place], error.object[max(0, place - _AROUND) : place + _AROUND]
    if error.reason in ("unexpected end of data", "truncated data"):
        advice = "The file ends within a character. Is it cut off?"
        return BadTextError(f"not valid {encoding}", byte, encoding, advice)
    if encoding.startswith(("UTF-16", "UTF-32")):
        return BadTextError(f"not valid {encoding}", byte, encoding, "Is the file damaged?")
    if b"\0" in sample or len(_CONTROL.findall(sample)) > _MOST_CONTROL * len(sample):
        return no_text(sample, byte, encoding, remedy)
    if encoding == UTF_8 and is_mostly_utf_8(sample):
        advice = "What stands around it is: mend the line."
    else:
        advice = _guess(sample, remedy)
    return BadTextError(f"not valid {encoding}", byte, encoding, advice)


def _guess(sample: bytes, remedy: str | None) -> str:
    likely = likely_encodings(sample)
    looks = f"It looks like {' or '.join(likely)}" if likely else "It looks like no known encoding"
    if remedy is None:
        return f"{looks}."
    return f"{looks}: {'if so, ' if likely else ''}{remedy.format(*likely[:1] or ['NAME'])}."


def no_text(sample: bytes, byte: int, encoding: str, remedy: str | None) -> BadTextError:
    """A byte, mostly a zero, of what is binary, or of UTF-16 without a mark; see `undecodable`."""
    if remedy and (wide := utf_16_of(sample)):
        advice = f"It looks like {wide}: if so, {remedy.format(wide)}."
        return BadTextError(f"not valid {encoding}", byte, encoding, advice)
    kind = binary_kind(sample)
    advice = f"It is {kind}" if kind else "Name a text file."
    if not (byte or kind):
        advice += r" If it is one, take the zeros out: `tr -d '\000' < old > new`."
    return BadTextError("a binary file", byte, encoding, advice)
