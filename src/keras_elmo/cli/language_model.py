"""What the commands that use a language model have in common."""

from pathlib import Path
from typing import Annotated

import typer

from keras_elmo.cli.console import warn

Model = Annotated[
    str,
    typer.Argument(
        help="Preset with its language model (name or folder), or a training checkpoint of bilm-tf."
    ),
]
VocabularyFile = Annotated[
    Path | None,
    typer.Option("--vocabulary", help="Words of a checkpoint. Default: vocab*.txt beside it."),
]
_MANY, _MOSTLY = 0.1, 0.5  # of the words; well-chosen texts have under a tenth


def warn_if_unknown(share: float, what: str) -> None:
    """Say so if the model knows few of the words: another language, another script, or no words."""
    if share > _MOSTLY:
        warn(
            f"{share:.0%} of the words of {what} are outside the model's vocabulary, so the "
            "numbers mean little. Is it the model's language, one sentence a line, tokenised?"
        )


def shown_perplexity(perplexity: float, unknown: float) -> str:
    """A perplexity, with the share of `<UNK>` where that is large: it makes prediction easy."""
    note = f" ({unknown:.0%} <UNK>)" if unknown > _MANY else ""
    return f"{perplexity:,.1f}{note}"


def warn_of_unknown(share: float, what: str) -> None:
    """Say so if the perplexity of a text is largely that of `<UNK>`."""
    if _MANY < share <= _MOSTLY:
        warn(
            f"{share:.0%} of the words of {what} are outside the model's vocabulary and count as "
            "<UNK>, which is easier to predict than they are: the perplexity is too low."
        )
    warn_if_unknown(share, what)
