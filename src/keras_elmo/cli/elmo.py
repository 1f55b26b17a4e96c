"""The ELMo that a command works with: a preset, or published files."""

from pathlib import Path
from typing import TYPE_CHECKING

from keras_elmo.cli.commands.presets import fetch_if_named

if TYPE_CHECKING:
    from keras_elmo.weights.sources.published import PublishedElmo


def chosen_elmo(
    preset: str | None, weights: Path | None, options: Path | None, vocabulary: Path | None
) -> "str | PublishedElmo":
    """The ELMo that options name, for everything that takes one; needs no Keras.

    Args:
        preset: a name, or the path of an ELMo of any format; None means the default one, unless
            `weights` are given.
        weights, options: published files instead.
        vocabulary: words of such files.

    Raises:
        ValueError: a combination that means nothing.
    """
    from keras_elmo.weights.detection import load_elmo
    from keras_elmo.weights.sources.presets import DEFAULT_PRESET

    check_elmo_options(preset, weights, options, vocabulary)
    if weights is None:
        fetch_if_named(preset)
        return preset or DEFAULT_PRESET
    elmo = load_elmo(weights, options=options, vocabulary=vocabulary)
    reads_words = elmo.config["vocabulary_size"] is not None
    if reads_words != (elmo.words is not None) or (vocabulary and not reads_words):
        raise ValueError(
            "--vocabulary FILE is for models with word input, and needed there. Received: "
            f"--vocabulary {vocabulary} for a {'word' if reads_words else 'character'}-input model"
        )
    return elmo


def check_elmo_options(
    preset: str | None, weights: Path | None, options: Path | None, vocabulary: Path | None
) -> None:
    """Raise for a combination that means nothing; needs no Keras.

    Raises:
        ValueError: it is one.
    """
    if (weights is None) != (options is None) or (weights and preset):
        raise ValueError(
            "an ELMo is either --preset NAME or --weights FILE with --options FILE. "
            f"Received: --preset {preset}, --weights {weights}, --options {options}"
        )
    if vocabulary and not weights:
        raise ValueError("--vocabulary goes with --weights: a preset has its own words.")
