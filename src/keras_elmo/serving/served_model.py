"""What a server asks of a model, and the adapter that gives it of a task or an exported model."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from reprlib import repr as short
from typing import Any, Protocol

from keras_elmo.data.datasets import QA
from keras_elmo.data.kinds import KINDS

# A text: a string or its tokens. An item: a text, or two of a pair, or question and passage.
Item = str | Sequence[Any]
_LEAST_BATCH = 32  # a long passage alone is many windows
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class ServedModel(Protocol):
    """A model behind a server."""

    @property
    def name(self) -> str:
        """What clients call it."""
        ...

    @property
    def kind(self) -> str:
        """The kind of data that it is for, see `keras_elmo.data.kinds`."""
        ...

    @property
    def options(self) -> Sequence[str]:
        """What may be said of a prediction."""
        ...

    def description(self) -> dict[str, Any]:
        """What it is, for JSON: kind, labels, measures, how its records are shown."""
        ...

    def check(self, item: Item) -> None:
        """Raise ValueError, with a sentence, for an item on which it cannot predict."""
        ...

    def length(self, item: Item) -> int:
        """About how many words an item has, told at once."""
        ...

    def records(self, items: Sequence[Item], **options: Any) -> list[dict[str, Any]]:
        """The record of each item, in order."""
        ...


@dataclass(frozen=True)
class Input:
    """What a request of some kind of task holds.

    Attributes:
        field: its name in the body.
        parts: names of the texts of an item; one alone is not named there.
        example: of an item.
    """

    field: str
    parts: tuple[str, ...]
    example: Any


TEXTS = Input("texts", ("text",), "Ada Lovelace was born in London.")
PAIRS = Input("pairs", ("text_a", "text_b"), ("A man sleeps.", "Someone is asleep."))
QUESTIONS = Input(
    "questions", ("question", "passage"), ("Where does Ada live?", "Ada lives in Rome since May.")
)


def input_of(kind: str) -> Input:
    """What a request to a model of this kind holds."""
    if kind == QA:
        return QUESTIONS
    return PAIRS if KINDS[kind].is_pair else TEXTS


@dataclass(frozen=True)
class Predictor:
    """A task, or an exported model, behind a server.

    Attributes:
        name: what clients call it.
        model: what `load_task` or `load_exported` gave.
        measures: what is known of its quality, by name.
        runs_on: what computes it.
    """

    name: str
    model: Any
    measures: Mapping[str, float]
    runs_on: str

    @property
    def kind(self) -> str:
        """See `ServedModel`."""
        return self.model.kind

    @property
    def options(self) -> Sequence[str]:
        """See `ServedModel`; no client says how long a target may become."""
        return [name for name in self.model.prediction_options if name != "max_length"]

    def description(self) -> dict[str, Any]:
        """See `ServedModel`."""
        own = input_of(self.kind)
        return {
            "name": self.name,
            "kind": self.kind,
            "predicts": KINDS[self.kind].holds,
            "labels": KINDS[self.kind].labels(self.model.get_config()),
            "view": self.model.view,
            "options": self.options,
            "input": {"field": own.field, "parts": own.parts, "example": own.example},
            "runs_on": self.runs_on,
            "measures": dict(self.measures),
        }

    def check(self, item: Item) -> None:
        """See `ServedModel`; of each text a word at least."""
        for text in _texts(item, self.kind):
            if self.length(text) == 0:
                raise ValueError("a text must hold a word at least. Received: an empty one")
        self.model.tokenize([item])

    def length(self, item: Item) -> int:
        """See `ServedModel`."""
        return sum(_words(text) for text in _texts(item, self.kind))

    def records(self, items: Sequence[Item], **options: Any) -> list[dict[str, Any]]:
        """See `ServedModel`."""
        size = max(len(items), _LEAST_BATCH)
        return list(self.model.records(iter(items), batch_size=size, **options))


def check_names(names: Sequence[str]) -> None:
    """Refuse names of models that clients could not tell apart, or not write into an address.

    Raises:
        ValueError: none, two that are the same, or one of other characters.
    """
    if not names:
        raise ValueError("a server must have a model at least. Received: none")
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(
                "a model's name must be of letters, digits, '.', '_' and '-'. Received: "
                f"{short(name)}. Name it otherwise: NAME=FOLDER"
            )
        if names.count(name) > 1:
            raise ValueError(
                "each model must have a name of its own. Received: "
                f"{names.count(name)} called {name}. Name one of them otherwise: NAME=FOLDER"
            )


def _texts(item: Item, kind: str) -> Sequence[Any]:
    return item if len(input_of(kind).parts) == 2 else [item]


def _words(text: Any) -> int:
    return len(text.split()) if isinstance(text, str) else len(text)
