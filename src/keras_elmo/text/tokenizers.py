"""Text to tokens, with the place of every token in the text."""

import re
import sys
from abc import ABC, abstractmethod
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from nltk.tokenize.destructive import NLTKWordTokenizer

Span = tuple[int, int]

# A period, closing quotes and brackets, white space on the same line, and (1) the first letter
# after opening ones; or a line end, which always closes a sentence.
_PERIOD_OR_LINE_END = re.compile(r"\.[\"')\]”’»]*[^\S\n]+(?=[\"'(\[“‘«]*(\w))|\n")
_LAST_WORD = re.compile(r"\w*$")
_LONGEST_TITLE = 6
# Abbreviations that stand before a capital without ending a sentence.
_TITLES = re.compile(
    "Adm|Capt|Co|Col|Dr|Ft|Gen|Gov|Hon|Jr|Lt|Maj|Messrs|Mr|Mrs|Ms|Mt|No|Pres|Prof|Rep|Rev|Sen|Sgt"
    "|Sr|St|vs"
)


class Tokenizer(ABC):
    """Splits a text into tokens; `tokenizer(text)` gives strings, `spans` their places."""

    name: ClassVar[str]

    @abstractmethod
    def spans(self, text: str) -> list[Span]:
        """The `(start, end)` character offsets of each token; `text[start:end]` is the token."""

    def __call__(self, text: str) -> list[str]:
        """The tokens of `text`, exactly as they are written there."""
        return [text[start:end] for start, end in self.spans(text)]


class WhitespaceTokenizer(Tokenizer):
    r"""Splits on the space character alone, as TF-Hub's ELMo does: a tab or `\n` is no boundary."""

    name = "whitespace"

    def spans(self, text: str) -> list[Span]:
        """The runs of characters other than a space."""
        return [match.span() for match in re.finditer("[^ ]+", text)]


class WordTokenizer(Tokenizer):
    """Treebank-style words: punctuation, clitics and quotes stand alone (`do n't .`), by NLTK.

    The Treebank rules expect one sentence and separate only its last period, so longer texts are
    cut first: at line ends, and at a period before a capital unless it follows an initial, a title
    or an abbreviation with inner periods (`J.`, `Mr.`, `U.S.`).

    Unlike the Treebank, a token stays as written: quotes are not turned into two grave accents.
    """

    name = "words"

    def spans(self, text: str) -> list[Span]:
        """The places of the words, in order and without overlap."""
        cuts = [0, *_sentence_ends(text), len(text)]
        spans, position = [], 0
        for start, end in pairwise(cuts):
            for word in self._treebank.tokenize(text[start:end]):
                while text[position].isspace():
                    position += 1
                # The rules only insert white space, except that they rewrite one `"` as two marks.
                width = 1 if text[position] == '"' and word in ("``", "''") else len(word)
                spans.append((position, position + width))
                position += width
        return spans

    @cached_property
    def _treebank(self) -> "NLTKWordTokenizer":
        return _without_the_rest_of_nltk("nltk.tokenize.destructive").NLTKWordTokenizer()


def _without_the_rest_of_nltk(name: str) -> Any:
    """A module of NLTK, which needs a tenth of a second; `import nltk` needs more than one.

    Its packages are empty while it is imported, and unknown again afterwards.
    """
    if "nltk" in sys.modules or (found := find_spec("nltk")) is None:
        return import_module(name)
    path = list(found.submodule_search_locations or [])
    try:
        for package in ("nltk", "nltk.tokenize"):
            sys.modules[package] = ModuleType(package)
            below = package.split(".")[1:]
            vars(sys.modules[package])["__path__"] = [str(Path(p, *below)) for p in path]
        return import_module(name)
    finally:
        for module in [module for module in sys.modules if module.split(".")[0] == "nltk"]:
            del sys.modules[module]


_TOKENIZERS = {kind.name: kind for kind in (WhitespaceTokenizer, WordTokenizer)}


def get_tokenizer(name: str) -> Tokenizer:
    """The tokenizer called `name`.

    Args:
        name: `"whitespace"` (split on spaces, for text that is tokenised already) or `"words"`
            (Treebank-style words of raw text).

    Raises:
        ValueError: another name.

    Example:
        >>> get_tokenizer("words")("It isn't bad.")
        ['It', 'is', "n't", 'bad', '.']
    """
    if name not in _TOKENIZERS:
        allowed = ", ".join(map(repr, _TOKENIZERS))
        raise ValueError(f"the tokenizer must be one of {allowed}. Received: {name!r}")
    return _TOKENIZERS[name]()


def _sentence_ends(text: str) -> list[int]:
    return [
        match.end()
        for match in _PERIOD_OR_LINE_END.finditer(text)
        if match[0] == "\n" or (match[1].isupper() and _closes_sentence(text, match.start()))
    ]


def _closes_sentence(text: str, period: int) -> bool:
    """Whether the period ends a sentence rather than an initial, a title or an ellipsis."""
    before = text[max(0, period - _LONGEST_TITLE - 1) : period]
    match = _LAST_WORD.search(before)
    word = match[0] if match else ""
    if _TITLES.fullmatch(word):
        return False
    return len(word) > 1 or word.isdigit() or before.endswith((")", "]", '"', "'", "%", "”", "’"))
