"""Training checkpoints of bilm-tf with their softmax, read with TensorFlow's own reader."""

from os import PathLike
from pathlib import Path

import numpy as np

from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.bilm_tf_checkpoint import (
    OPTIONS_FILE,
    SOFTMAX_BIAS,
    SOFTMAX_KERNEL,
    load_bilm_tf_checkpoint,
)
from keras_elmo.weights.formats.tf_checkpoint import list_checkpoint
from keras_elmo.weights.sources.published import PublishedElmo


def read_checkpoint(
    prefix: Path, vocabulary_path: str | PathLike[str] | None = None
) -> tuple[PublishedElmo, Vocabulary, dict[str, np.ndarray]]:
    """The ELMo of a training checkpoint, the V words that it predicts, and its softmax.

    The softmax is float32 `kernel` `(V, P)` and `bias` `(V,)`. Files and errors are those of
    `ElmoLanguageModel.from_preset`.
    """
    folder = prefix.parent
    vocabulary = Vocabulary.load(Path(vocabulary_path or _vocabulary_file(folder)))
    config, arrays = load_bilm_tf_checkpoint(
        list_checkpoint(prefix), folder / OPTIONS_FILE, where=str(prefix)
    )
    variables = dict(arrays)
    softmax = {"kernel": variables.pop(SOFTMAX_KERNEL), "bias": variables.pop(SOFTMAX_BIAS)}
    if len(vocabulary) != len(softmax["bias"]):
        raise WeightsError(
            f"{prefix}: the vocabulary must have the {len(softmax['bias']):,} words of "
            f"lm/softmax/b. Received: {len(vocabulary):,} words. Take the file that the training "
            "read."
        )
    elmo = PublishedElmo("training checkpoint of bilm-tf", config, variables)
    return elmo, vocabulary, softmax


def _vocabulary_file(folder: Path) -> Path:
    found = sorted([*folder.glob("vocab*.txt"), *folder.glob("vocab*.txt.gz")])
    if len(found) == 1:
        return found[0]
    raise FileNotFoundError(
        f"{folder}: expected one file vocab*.txt with a token a line, <S> </S> <UNK> first. "
        f"Received: {', '.join(path.name for path in found) or 'none'}. Name the file "
        "(`vocabulary=`, on the command line `--vocabulary`)."
    )
