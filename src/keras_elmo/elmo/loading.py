"""An ELMo and what encodes sentences for it: from one reading of its files, and as a preset."""

from dataclasses import asdict
from os import PathLike
from typing import Any

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.elmo.saving import write_backbone, write_metadata, write_object
from keras_elmo.files.new_folder import new_folder
from keras_elmo.weights.detection import load_elmo
from keras_elmo.weights.sources.location import locate
from keras_elmo.weights.sources.presets import PREPROCESSOR_FILE, is_preset
from keras_elmo.weights.sources.published import PublishedElmo


def load_backbone_and_preprocessor(
    preset: str | PathLike[str] | PublishedElmo,
    *,
    options: str | PathLike[str] | None = None,
    tokenizer: str | None = None,
    load_weights: bool = True,
    **overrides: Any,
) -> tuple[ElmoBackbone, ElmoPreprocessor]:
    """Load both.

    Args:
        preset, options, load_weights: as of `ElmoBackbone.from_preset`.
        tokenizer: replaces the preset's own.
        overrides: arguments of the backbone.

    Raises: see `ElmoBackbone.from_preset` and `ElmoPreprocessor.from_preset`.
    """
    if not isinstance(preset, PublishedElmo):
        place = locate(preset)
        preset = place if is_preset(place) else load_elmo(place, options=options)
    chosen: dict[str, Any] = {"tokenizer": tokenizer} if tokenizer else {}
    preprocessor = ElmoPreprocessor.from_preset(preset, **chosen)
    return ElmoBackbone.from_preset(preset, load_weights=load_weights, **overrides), preprocessor


def write_as_preset(
    elmo: PublishedElmo,
    folder: str | PathLike[str],
    *,
    tokenizer: str = "words",
    overwrite: bool = False,
) -> None:
    """Write a preset that every class and command takes, in float32.

    Args:
        elmo: what `load_elmo` read; its learned mixes become entries of `metadata.json`.
        folder: a new folder.
        tokenizer: of the preprocessor.

    Raises:
        FileExistsError: the folder exists.
        WeightsError: a model that reads words is without its vocabulary.
    """
    preprocessor = ElmoPreprocessor.from_preset(elmo, tokenizer=tokenizer)
    backbone = ElmoBackbone.from_preset(elmo)
    with new_folder(folder, overwrite=overwrite) as path:
        write_backbone(backbone, path)
        write_object(preprocessor, path, PREPROCESSOR_FILE)
        mixes = [asdict(mix) for mix in elmo.mixes]
        write_metadata(path, converted_from=elmo.format, scalar_mixes=mixes)
