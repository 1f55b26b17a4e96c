"""Training checkpoints of bilm-tf, read with TensorFlow's own reader, as language models."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.elmo.variables import assign_variables
from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.weights.bilm_tf_checkpoint import (
    OPTIONS_FILE,
    SOFTMAX_BIAS,
    SOFTMAX_KERNEL,
    load_bilm_tf_checkpoint,
)
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.shapes import Shape


@dataclass(frozen=True)
class CheckpointArray:
    """One array of a checkpoint, read when it is sliced."""

    reader: Any
    prefix: Path
    key: str
    shape: Shape

    def __getitem__(self, rows: slice) -> np.ndarray:
        with _readable_errors(self.prefix):
            return self.reader.get_tensor(self.key)[rows]


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
        _list_arrays(prefix), folder / OPTIONS_FILE, where=str(prefix)
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
    model = ElmoLanguageModel(backbone, len(bias))
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


def _list_arrays(prefix: Path) -> dict[str, CheckpointArray]:
    try:
        import tensorflow as tf
    except ImportError as error:
        raise ImportError(
            f"{prefix} is a checkpoint of TensorFlow, which only TensorFlow can read, whatever "
            'backend computes. Run `pip install "keras-elmo[tensorflow]"`.'
        ) from error
    with _readable_errors(prefix):
        reader = tf.train.load_checkpoint(str(prefix))
        shapes = reader.get_variable_to_shape_map()
    return {key: CheckpointArray(reader, prefix, key, tuple(shapes[key])) for key in shapes}


@contextmanager
def _readable_errors(prefix: Path) -> Iterator[None]:
    import tensorflow as tf

    try:
        yield
    except (tf.errors.OpError, ValueError, RuntimeError, LookupError) as error:
        raise WeightsError(
            f"{prefix}: must be a whole checkpoint, with its files .index and .data-*. Received: "
            f"{error}. Copy all files of the checkpoint again."
        ) from error
