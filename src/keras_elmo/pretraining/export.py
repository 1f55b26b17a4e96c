"""A pre-trained language model as a preset: the ELMo without its softmax, ready for tasks."""

from os import PathLike
from typing import Any

from keras_elmo.elmo.backbone import ElmoBackbone, write_backbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.elmo.saving import new_folder, store_as_float16, write_metadata, write_object
from keras_elmo.weights.presets import PREPROCESSOR_FILE, WEIGHTS_FILE


def export_preset(
    backbone: ElmoBackbone,
    folder: str | PathLike[str],
    *,
    tokenizer: str = "words",
    half: bool = False,
    overwrite: bool = False,
    **facts: Any,
) -> None:
    """Write a preset that `from_preset` of backbone, preprocessor and tasks can read.

    Args:
        backbone: a character-input ELMo.
        folder: a new folder.
        tokenizer: of the preprocessor.
        half: store float16, half the bytes; the loaded model computes in float32 all the same.
        facts: more entries of `metadata.json`, such as `description`.
    """
    length = backbone.max_characters_per_token
    preprocessor = ElmoPreprocessor(tokenizer, max_characters_per_token=length)
    with new_folder(folder, overwrite=overwrite) as path:
        write_backbone(backbone, path)
        if half:
            store_as_float16(path / WEIGHTS_FILE)
        write_object(preprocessor, path, PREPROCESSOR_FILE)
        write_metadata(path, **facts)
