"""A published ELMo, of whatever format, as a preset."""

from dataclasses import asdict
from os import PathLike

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.elmo.saving import write_backbone, write_metadata, write_object
from keras_elmo.files.new_folder import new_folder
from keras_elmo.weights.sources.presets import PREPROCESSOR_FILE
from keras_elmo.weights.sources.published import PublishedElmo


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
        tokenizer: of the preprocessor, `"words"` or `"whitespace"`.
        overwrite: replace a preset that is there.

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
