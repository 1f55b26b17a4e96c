"""The ELMo that a command works with: a preset, or published files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.commands.presets import fetch_if_named

if TYPE_CHECKING:
    from keras_elmo.elmo.backbone import ElmoBackbone
    from keras_elmo.elmo.preprocessor import ElmoPreprocessor


def load_elmo(
    preset: str | None,
    weights: Path | None = None,
    options: Path | None = None,
    *,
    vocabulary: Path | None = None,
    tokenizer: str | None = None,
    **overrides: Any,
) -> "tuple[ElmoBackbone, ElmoPreprocessor]":
    """Load a backbone and its preprocessor.

    Args:
        preset: a name, or the path of an ELMo of any format; None means the default one, unless
            `weights` are given.
        weights, options: published files instead.
        vocabulary: words of a published word-input model.
        tokenizer: instead of the preset's own.
        overrides: of the backbone.

    Raises:
        ValueError: a combination that means nothing.
    """
    check_elmo_options(preset, weights, options, vocabulary)
    fetch_if_named(preset)
    load_backend()
    from keras_elmo.elmo.backbone import ElmoBackbone
    from keras_elmo.elmo.preprocessor import ElmoPreprocessor
    from keras_elmo.text.vocabulary import Vocabulary
    from keras_elmo.weights.sources.presets import DEFAULT_PRESET

    chosen: dict[str, Any] = {"tokenizer": tokenizer} if tokenizer else {}
    if not (weights and options):
        preset = preset or DEFAULT_PRESET
        preprocessor = ElmoPreprocessor.from_pretrained(preset, **chosen)
        return ElmoBackbone.from_pretrained(preset, **overrides), preprocessor
    backbone = ElmoBackbone.from_published(weights, options, **overrides)
    check_vocabulary(backbone.config.vocabulary_size, vocabulary)
    words = Vocabulary.load(vocabulary).tokens if vocabulary else None
    length = backbone.config.max_characters_per_token
    return backbone, ElmoPreprocessor(max_characters_per_token=length, vocabulary=words, **chosen)


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


def check_vocabulary(vocabulary_size: int | None, vocabulary: Path | None) -> None:
    """Raise unless a vocabulary is given where a model reads words, and only there.

    Raises:
        ValueError: it is not so.
    """
    if (vocabulary_size is None) != (vocabulary is None):
        wanted = "character" if vocabulary_size is None else "word"
        raise ValueError(
            "--vocabulary FILE is for models with word input, and needed there. "
            f"Received: --vocabulary {vocabulary} for a {wanted}-input model"
        )
