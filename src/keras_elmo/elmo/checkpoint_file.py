"""Training checkpoints of bilm-tf, read with TensorFlow's own reader, as language models."""

from os import PathLike
from pathlib import Path

import keras

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.elmo.variables import assign_variables, without_values
from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.bilm_tf_checkpoint import (
    OPTIONS_FILE,
    SOFTMAX_BIAS,
    SOFTMAX_KERNEL,
    load_bilm_tf_checkpoint,
)
from keras_elmo.weights.formats.tf_checkpoint import list_checkpoint


def load_checkpoint(
    prefix: Path, vocabulary_path: str | PathLike[str] | None = None
) -> tuple[ElmoLanguageModel, Vocabulary]:
    """The language model of a bilm-tf training checkpoint, and its words.

    Args:
        prefix: `folder/model.ckpt-N`; the training's `options.json` lies in the folder.
        vocabulary_path: one token a line, `<S> </S> <UNK>` first; by default the only file
            `vocab*.txt` (or `.txt.gz`) of the folder.

    Raises:
        ImportError: TensorFlow is not installed.
        FileNotFoundError: there are no options, or no vocabulary.
        WeightsError: the files are damaged or do not fit together.
    """
    folder = prefix.parent
    vocabulary = Vocabulary.load(Path(vocabulary_path or _vocabulary_file(folder)))
    config, arrays = load_bilm_tf_checkpoint(
        list_checkpoint(prefix), folder / OPTIONS_FILE, where=str(prefix)
    )
    variables = dict(arrays)
    kernel, bias = variables.pop(SOFTMAX_KERNEL), variables.pop(SOFTMAX_BIAS)
    if len(vocabulary) != len(bias):
        raise WeightsError(
            f"{prefix}: the vocabulary must have the {len(bias):,} words of lm/softmax/b. "
            f"Received: {len(vocabulary):,} words. Take the file that the training read."
        )
    with keras.StatelessScope():  # until it ends, variables have no values
        backbone = ElmoBackbone(**config)
        assign_variables(backbone, variables)
    model = without_values(lambda: ElmoLanguageModel(backbone, len(bias)))
    model.softmax.kernel.assign(kernel)
    model.softmax.bias.assign(bias)
    return model, vocabulary


def _vocabulary_file(folder: Path) -> Path:
    found = sorted([*folder.glob("vocab*.txt"), *folder.glob("vocab*.txt.gz")])
    if len(found) == 1:
        return found[0]
    raise FileNotFoundError(
        f"{folder}: expected one file vocab*.txt with a token a line, <S> </S> <UNK> first. "
        f"Received: {', '.join(path.name for path in found) or 'none'}. Name the file "
        "(`vocabulary=`, on the command line `--vocabulary`)."
    )
