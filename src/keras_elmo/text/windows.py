"""Long token lists as windows that overlap."""


def windows(length: int, size: int, step: int) -> list[tuple[int, int]]:
    """The `(start, end)` of each window over `length` tokens; the last one ends with them.

    Anything of at most `size - step + 1` tokens stands whole in one of them.

    Args:
        length: length of the text; up to `size` it is one window.
        size: size of a window.
        step: distance from the start of one window to that of the next.

    Raises:
        ValueError: windows that would leave tokens out.

    Example:
        >>> windows(10, size=6, step=3)
        [(0, 6), (3, 9), (4, 10)]
    """
    if not 0 < step <= size:
        raise ValueError(
            f"`step` must be from 1 to `size`, or tokens are left out. Received: step={step}, "
            f"size={size}"
        )
    starts = [*range(0, length - size, step), max(0, length - size)]
    return [(start, min(start + size, length)) for start in starts]
