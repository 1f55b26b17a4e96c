"""Places in a text as places among its tokens."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from keras_elmo.text.tokenizers import Span


def token_span(spans: Sequence[Span], start: int, end: int) -> Span:
    """The tokens that a stretch of characters touches: `(first, end)`, `end` exclusive.

    Args:
        spans: the `(start, end)` of every token, in order and without overlap.
        start, end: the characters, `end` exclusive.

    Raises:
        ValueError: it touches no token.

    Example:
        >>> token_span([(0, 3), (4, 9)], 5, 7)
        (1, 2)
    """
    first = bisect_right(spans, start, key=lambda span: span[1])
    last = bisect_left(spans, end, key=lambda span: span[0])
    if first >= last:
        raise ValueError(
            "the characters must touch a token. Received: "
            f"{start} to {end}, between the tokens or outside the text"
        )
    return first, last


def is_exact(spans: Sequence[Span], start: int, end: int) -> bool:
    """Whether a stretch of characters begins and ends where tokens do."""
    first, last = token_span(spans, start, end)
    return (start, end) == (spans[first][0], spans[last - 1][1])
