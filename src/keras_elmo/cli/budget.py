"""What ends a pre-training: time, tokens, or passes over the text."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from keras_elmo.cli import amounts

if TYPE_CHECKING:
    from keras_elmo.pretraining.corpus import Corpus

_MEASURES = 10  # of a run at most, beside those that time brings


@dataclass(frozen=True)
class Budget:
    """Bounds of a pre-training; what is used up first ends it. None is no bound."""

    seconds: float | None = None
    tokens: int | None = None
    passes: float | None = None

    @classmethod
    def given(cls, time: str | None, tokens: str | None, passes: float | None, usual: Self) -> Self:
        """What options say; an amount of text that is given takes the place of the usual bounds.

        Raises:
            typer.BadParameter: no such amount.
        """
        seconds = amounts.seconds(time) if time else None if tokens or passes else usual.seconds
        passes = passes or (None if tokens else usual.passes)
        return cls(seconds, amounts.count(tokens) if tokens else None, passes)

    def settings(self, corpus: "Corpus") -> dict[str, Any]:
        """The arguments of a `PretrainingConfig` that say when to end, and when to measure."""
        once = corpus.tokens_per_pass
        bounds = [self.tokens, self.passes and max(1, round(self.passes * once))]
        most = min(filter(None, bounds), default=None)
        return {
            "max_seconds": self.seconds,
            "max_tokens": most,
            "evaluation_tokens": max(once, (most or 0) // _MEASURES),
        }
