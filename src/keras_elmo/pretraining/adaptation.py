"""A pre-trained ELMo as the beginning of another pre-training: domain adaptation."""

from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.weights.sources.presets import SOFTMAX_FILE, preset_folder


def adapted_language_model(
    preset: str | PathLike[str], words: Sequence[str], **overrides: Any
) -> ElmoLanguageModel:
    """The biLM of a preset under a softmax over other words.

    A word that the preset's softmax has keeps its row; another one begins with the mean of all rows
    and the lowest bias, so that it is a rare word like any other until the text says more. Of a
    preset without a softmax, or with an adaptive one, only the biLM is kept.

    Args:
        preset: name or folder of a character-input preset.
        words: the new vocabulary, `<S>`, `</S>`, `<UNK>` first, then by falling frequency.
        overrides: constructor arguments of the backbone, such as `dropout` or `dtype`.

    Raises:
        FileNotFoundError: no such preset.
    """
    backbone = ElmoBackbone.from_preset(preset, **overrides)
    model = ElmoLanguageModel(backbone, len(words))
    if not (preset_folder(preset) / SOFTMAX_FILE).is_file():
        return model
    old = ElmoLanguageModel.from_preset(preset)
    if old.cutoffs:
        return model
    kernel, bias = old.softmax.get_weights()
    places = {word: place for place, word in enumerate(old.vocabulary.tokens)}
    found = np.array([places.get(word, -1) for word in words])  # (V,)
    known = (found >= 0)[:, None]
    model.softmax.kernel.assign(np.where(known, kernel[found], kernel.mean(axis=0)))
    model.softmax.bias.assign(np.where(known[:, 0], bias[found], bias.min()))
    return model
