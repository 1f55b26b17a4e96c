"""The two ends of a sequence-to-sequence model: source texts → steps, target texts ↔ symbols."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, get_args

import numpy as np

from keras_elmo._values import Unit, check_one_of
from keras_elmo.text.rows import as_rows
from keras_elmo.text.vocabulary import BOS_ID, EOS_ID, MARKS, UNK_ID, UNK_TOKEN

WORDS, CHARACTERS = UNITS = get_args(Unit)
_FIRST = len(MARKS) + 1  # number of the first symbol; 0 is padding
_UNKNOWN_CHARACTER = 1
SPACE = " "

# Inputs of a network that writes: numbers of the characters of a source, of their words, and what
# copying each step would write.
CHARACTER_STEPS, WORD_PLACES, SOURCE_IDS = "source_characters", "source_places", "source_ids"


def read_targets(y: Any) -> list[str | list[str]]:
    """Target texts in any container, each a string or a list of symbols.

    Raises:
        ValueError: something else.
    """
    rows = as_rows(y, "y")
    for i, row in enumerate(rows):
        if not isinstance(row, str | list | tuple) or any(type(part) is not str for part in row):
            raise ValueError(
                "`y` must hold a string or a list of symbols (strings) for each source. "
                f"Received: {row!r:.80} as target {i}"
            )
    return rows


class TargetSymbols:
    """What a decoder writes, and its numbers.

    0 is padding, then come `<S>`, `</S>` and `<UNK>`, then the symbols. What stands at step s of
    the source and is no symbol has the number `size + s`, of the first such step.

    Args:
        symbols: in the order of their numbers.
        unit: `"words"`, which spaces separate, or `"characters"`.
    """

    begin, end, unknown = BOS_ID, EOS_ID, UNK_ID

    def __init__(self, symbols: Sequence[str], unit: str = WORDS) -> None:
        check_one_of("target", unit, UNITS)
        self.symbols, self.unit = list(symbols), unit
        self._ids = {symbol: i for i, symbol in enumerate(self.symbols, _FIRST)}

    @property
    def size(self) -> int:
        """Count of numbers, those of padding and marks among them."""
        return len(self.symbols) + _FIRST

    def split(self, text: str | Sequence[str]) -> list[str]:
        """The symbols of a text; lists of symbols stay as they are."""
        if not isinstance(text, str):
            return list(text)
        return list(text) if self.unit == CHARACTERS else text.split()

    def join(self, symbols: Sequence[str]) -> str:
        """The text of symbols."""
        return ("" if self.unit == CHARACTERS else SPACE).join(symbols)

    def encode(self, symbols: Sequence[str], source: Sequence[str] = ()) -> np.ndarray:
        """Their numbers and the end's, int32.

        Args:
            symbols: the symbols of a target.
            source: steps that can be copied.
        """
        places = self._places(source)
        ids = [self._ids.get(symbol, places.get(symbol, UNK_ID)) for symbol in symbols]
        return np.array([*ids, EOS_ID], np.int32)

    def source_ids(self, source: Sequence[str]) -> np.ndarray:
        """What copying each step would write, int32."""
        places = self._places(source)
        return np.array([self._ids.get(step, places[step]) for step in source], np.int32)

    def decode(self, ids: Iterable[int], source: Sequence[str] = ()) -> list[str]:
        """Symbols of numbers, up to the end."""
        found = []
        for i in ids:
            if i == EOS_ID:
                break
            if i >= self.size:
                found.append(source[i - self.size])
            else:
                found.append(UNK_TOKEN if i < _FIRST else self.symbols[i - _FIRST])
        return found

    def unknown_in(self, symbols: Sequence[str], source: Sequence[str] = ()) -> int:
        """Count of the symbols that can only be written as unknown."""
        return int((self.encode(symbols, source) == UNK_ID).sum())

    def _places(self, source: Sequence[str]) -> dict[str, int]:
        backwards = range(len(source) - 1, -1, -1)
        return {source[s]: self.size + s for s in backwards}  # the first one stays


class SourceSteps(NamedTuple):
    """A source as its time steps.

    Attributes:
        steps: words or characters.
        characters: int32, the number of each character; empty for words.
        places: int32, the number of its word from 1, 0 for a space; empty for words.
    """

    steps: list[str]
    characters: np.ndarray
    places: np.ndarray


class SourceReader:
    """Token lists → time steps.

    Args:
        characters: the known ones, in the order of their numbers from 2 on (0 is padding, 1 is
            any other); None reads words.
    """

    def __init__(self, characters: Sequence[str] | None = None) -> None:
        self._ids = None
        if characters is not None:
            self._ids = {character: i for i, character in enumerate(characters, 2)}

    def __call__(self, tokens: Sequence[str]) -> SourceSteps:
        none = np.empty(0, np.int32)
        if self._ids is None:
            return SourceSteps(list(tokens), none, none)
        steps, places = list(SPACE.join(tokens)), []
        for number, token in enumerate(tokens, 1):
            places += [*([0] if number > 1 else []), *[number] * len(token)]
        ids = [self._ids.get(character, _UNKNOWN_CHARACTER) for character in steps]
        return SourceSteps(steps, np.array(ids, np.int32), np.array(places, np.int32))


def find_symbols(
    texts: Iterable[str | Sequence[str]], unit: str = WORDS, *, min_count: int = 1
) -> list[str]:
    """The symbols of target texts, the most frequent first, ties in the order of code points.

    Args:
        texts: target texts of the training data.
        unit: `"words"` or `"characters"`.
        min_count: rarer ones are left out, and become `<UNK>` in training.
    """
    target = TargetSymbols([], unit)
    counts = Counter(symbol for text in texts for symbol in target.split(text))
    kept = [symbol for symbol, count in counts.items() if count >= min_count]
    return sorted(kept, key=lambda symbol: (-counts[symbol], symbol))


def find_characters(sentences: Iterable[Sequence[str]]) -> list[str]:
    """The characters of token lists, and the space between tokens, in the order of code points."""
    return sorted({character for tokens in sentences for character in SPACE.join(tokens)} | {SPACE})
