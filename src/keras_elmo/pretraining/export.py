"""A pre-trained language model as a preset, ready for tasks."""

from collections.abc import Sequence
from os import PathLike
from typing import Any

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.elmo.saving import store_as_float16, write_backbone, write_metadata, write_object
from keras_elmo.elmo.softmax_file import write_softmax
from keras_elmo.files.new_folder import new_folder
from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.weights.sources.presets import PREPROCESSOR_FILE, WEIGHTS_FILE


def export_preset(
    model: ElmoBackbone | ElmoLanguageModel,
    folder: str | PathLike[str],
    *,
    vocabulary: Sequence[str] = (),
    half: bool = False,
    overwrite: bool = False,
    **facts: Any,
) -> None:
    """Write a preset that `from_preset` of backbone, preprocessor and tasks can read.

    Args:
        model: a character-input ELMo; of a language model with its `vocabulary`, the softmax is
            written as well.
        folder: a new folder.
        vocabulary: the words of the language model's softmax.
        half: store float16, half the bytes; the loaded model computes in float32 all the same.
        facts: more entries of `metadata.json`, such as `description`.
    """
    is_whole = isinstance(model, ElmoLanguageModel)
    backbone = model.backbone if is_whole else model
    length = backbone.config.max_characters_per_token
    preprocessor = ElmoPreprocessor(max_characters_per_token=length)
    with new_folder(folder, overwrite=overwrite) as path:
        write_backbone(backbone, path)
        if half:
            store_as_float16(path / WEIGHTS_FILE)
        if is_whole:
            write_softmax(model.softmax, Vocabulary(vocabulary), path, half=half)
        write_object(preprocessor, path, PREPROCESSOR_FILE)
        write_metadata(path, **facts)
