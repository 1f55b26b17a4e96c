"""An ELMo and what encodes sentences for it, from one reading of its files."""

from os import PathLike
from typing import Any

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.weights.detection import load_elmo
from keras_elmo.weights.sources.location import locate
from keras_elmo.weights.sources.presets import is_preset
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
