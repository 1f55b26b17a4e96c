"""Pairs of texts: their rows and tokens."""

from functools import cache
from typing import TYPE_CHECKING, Any

from keras_elmo.runtime.described import Predicts
from keras_elmo.text.rows import as_rows, column_names

if TYPE_CHECKING:
    Base = Predicts
else:
    Base = object  # Keras makes a functional model of a class with one line of ancestors only

OTHER = "other_"  # before the name of each input of the other text: of a question, not its passage
ROWS = "rows"  # of an exported model: which of a batch's distinct texts each pair has

# The tokens of a text and of the other one.
Texts = tuple[list[str], list[str]]


def make_texts(x: Any, preprocessor: Any) -> list[Texts]:
    """Tokens of pairs of texts, each distinct string split once.

    Args:
        x: what `pair_rows` takes.
        preprocessor: splits the strings.

    Raises:
        ValueError: something else than a pair of strings or token lists, or a text without a token.
    """
    split = cache(lambda text: preprocessor.tokenize([text])[0])

    def tokens(text: Any, number: int, which: str) -> list[str]:
        found = split(text) if isinstance(text, str) else preprocessor.tokenize([text])[0]
        if not found:
            raise ValueError(f"the {which} text of pair {number} is empty. Received: {text!r:.80}")
        return found

    texts = []
    for number, pair in enumerate(pair_rows(x)):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise ValueError(
                f"`x` must hold pairs of texts. Received: {pair!r:.80} as pair {number}. Write "
                "[('a man sleeps', 'he rests'), …], of two columns `list(zip(first, second))`."
            )
        texts.append((tokens(pair[0], number, "first"), tokens(pair[1], number, "second")))
    return texts


def pair_rows(x: Any) -> list[Any]:
    """A row for each pair of texts.

    Args:
        x: a pair; or pairs in any container, also a frame of two columns.
    """
    if is_pair(x):
        return [x]
    names = column_names(x)
    if names is None:
        return as_rows(x, "x")
    if len(names) != 2:
        raise ValueError(
            "`x` must hold pairs of texts: a frame of two columns, `frame[[first, second]]`. "
            f"Received: {len(names)} columns, {', '.join(map(str, names[:8]))}"
        )
    return list(zip(*(as_rows(x[name], str(name)) for name in names), strict=True))


def is_pair(x: Any) -> bool:
    """Whether `x` is one pair of strings and not many."""
    return isinstance(x, tuple) and len(x) == 2 and all(isinstance(text, str) for text in x)


class ReadsPairs(Base):
    """Reads two texts a row; mixed with what reads their class or their number."""

    row_name = "pairs"

    def size_of(self, sentence: Texts) -> int:
        """Tokens of the longer text."""
        return max(map(len, sentence))

    def rows(self, x: Any) -> list[Any]:
        return list(pair_rows(x))

    def shown(self, text: Any, name: str = "text") -> dict[str, Any]:
        return {"text_a": text[0], "text_b": text[1]}
