"""What may be wrong with labelled data: each finding with a code, a count and where it stands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

SHOWN = 3  # places that a finding names

Place = Callable[[int], str]  # of a line, such as `reviews.csv:3`


@dataclass(frozen=True)
class Finding:
    """Something that may be wrong with a file.

    Attributes:
        code: a name that does not change, such as `duplicates`.
        count: how many rows, tokens, labels or spans it is about.
        message: what was found, and what helps.
        where: a few places, each `file:line`.
        is_refused: whether `train` refuses the data for it.
    """

    code: str
    count: int
    message: str
    where: tuple[str, ...] = ()
    is_refused: bool = False

    def to_json(self) -> dict[str, Any]:
        """`code`, `count`, `message` and `where`."""
        return {
            "code": self.code,
            "count": self.count,
            "message": self.message,
            "where": list(self.where),
        }


class Lines:
    """How often something stands in a file, and the first lines where it does."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[int] = []

    def add(self, line: int, count: int = 1) -> None:
        """Count it in a line."""
        if not count:
            return
        self.count += count
        if len(self.first) < SHOWN:
            self.first.append(line)

    def finding(self, code: str, message: str, place: Place, **facts: bool) -> list[Finding]:
        """The finding of this, if there is any; `{count}` in the message is the count."""
        if not self.count:
            return []
        text = message.replace("{count}", f"{self.count:,}")
        return [Finding(code, self.count, text, places(self.first, place), **facts)]


def places(lines: Iterable[int], place: Place) -> tuple[str, ...]:
    """The first of these lines as places of the file, each once."""
    return tuple(dict.fromkeys(map(place, list(lines)[:SHOWN])))


def listed(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    shown = list(names)
    more = f" and {len(shown) - 5:,} more" if len(shown) > 5 else ""
    return ", ".join(map(repr, shown[:5])) + more
