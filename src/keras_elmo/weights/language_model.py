"""Whether an ELMo has its language model, by its files alone."""

from os import PathLike
from pathlib import Path

from keras_elmo.files.lines import numbered_lines
from keras_elmo.weights.formats.bilm_tf_checkpoint import checkpoint_prefix
from keras_elmo.weights.sources.catalogue import catalogue
from keras_elmo.weights.sources.hub import is_hub_address
from keras_elmo.weights.sources.location import locate
from keras_elmo.weights.sources.presets import SOFTMAX_FILE, VOCABULARY_FILE, preset_folder


def has_language_model(preset: str | PathLike[str]) -> bool:
    """Whether `ElmoLanguageModel.from_preset` would find one."""
    place = locate(preset)
    return checkpoint_prefix(place) is not None or (place / SOFTMAX_FILE).is_file()


def known_words(preset: str | PathLike[str]) -> frozenset[str]:
    """The words of a preset's language model; none where it has none, or is not here yet.

    Raises:
        FileNotFoundError: no such preset.
    """
    if not Path(preset).exists() and (str(preset) in catalogue() or is_hub_address(preset)):
        return frozenset()
    place = locate(preset)
    if not place.exists():
        preset_folder(preset)  # says so
    path = place / VOCABULARY_FILE
    return frozenset(word for _, word in numbered_lines(path)) if path.is_file() else frozenset()


def check_language_model(
    preset: str | PathLike[str], vocabulary: str | PathLike[str] | None = None
) -> None:
    """Raise what `ElmoLanguageModel.from_preset` would for want of a file; arguments are as there.

    Raises:
        FileNotFoundError: no such preset.
        ValueError: the preset is an ELMo without its language model, or has words of its own.
    """
    place = locate(preset)
    if checkpoint_prefix(place) is not None:
        return
    if vocabulary is not None:
        raise ValueError(
            "a vocabulary file goes with a training checkpoint of bilm-tf: a preset has its own "
            f"words. Received: {vocabulary} for {preset}"
        )
    folder = preset_folder(place)
    if not (folder / SOFTMAX_FILE).is_file():
        raise ValueError(
            f"{folder} is an ELMo without its language model: it has no {SOFTMAX_FILE}. Take a "
            "preset that `keras-elmo pretrain` wrote."
        )
