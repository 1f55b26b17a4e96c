"""The language model's softmax and its words: in two optional files of a preset, or a checkpoint.

An ELMo works without them; with them it predicts words, its perplexity can be measured and its
training continued. Training checkpoints of bilm-tf are read with TensorFlow's own reader.
"""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import h5py
import keras
import numpy as np

from keras_elmo.files.space import require_space
from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.weights.checksums import check_file
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.bilm_tf_checkpoint import (
    OPTIONS_FILE,
    SOFTMAX_BIAS,
    SOFTMAX_KERNEL,
    load_bilm_tf_checkpoint,
)
from keras_elmo.weights.formats.hdf5 import Hdf5Array, list_arrays
from keras_elmo.weights.formats.tf_checkpoint import list_checkpoint
from keras_elmo.weights.sources.presets import SOFTMAX_FILE, VOCABULARY_FILE
from keras_elmo.weights.sources.published import PublishedElmo


def write_softmax(
    softmax: keras.Layer, vocabulary: Vocabulary, folder: Path, *, half: bool = False
) -> None:
    """Write `softmax.h5` and `vocabulary.txt` into a folder.

    The former holds kernel `(V, P)` and bias `(V,)`, or the weights of an `AdaptiveSoftmax`.

    Args:
        softmax: of a language model.
        vocabulary: its V words.
        folder: an existing folder.
        half: store float16.
    """
    require_space(folder / SOFTMAX_FILE, 4 * softmax.count_params())
    with h5py.File(folder / SOFTMAX_FILE, "w") as file:
        for variable in softmax.weights:
            array = keras.ops.convert_to_numpy(variable.value)
            stored = array.astype(np.float16 if half else np.float32)
            file.create_dataset(variable.name, data=stored, compression="gzip", shuffle=True)
    vocabulary.save(folder / VOCABULARY_FILE)


def read_softmax(folder: Path) -> tuple[Vocabulary, list[int] | None, Mapping[str, Hdf5Array]]:
    """What `write_softmax` wrote: the words, cut-offs of an `AdaptiveSoftmax`, arrays by name.

    Raises:
        WeightsError: the files are damaged or do not fit together.
    """
    path = folder / SOFTMAX_FILE
    check_file(path)
    check_file(folder / VOCABULARY_FILE)
    arrays = list_arrays(path)
    vocabulary = Vocabulary.load(folder / VOCABULARY_FILE)
    cutoffs = _cutoffs(arrays)
    if cutoffs and cutoffs.pop() != len(vocabulary):
        raise WeightsError(
            f"{path} must have the {len(vocabulary):,} words of {VOCABULARY_FILE}. "
            f"Received: an adaptive softmax whose clusters begin at {cutoffs} and end elsewhere"
        )
    return vocabulary, cutoffs, arrays


def _cutoffs(arrays: Mapping[str, Hdf5Array]) -> list[int] | None:
    """Cut-offs and size of the adaptive softmax whose weights these are; None for another one."""
    if "head_bias" not in arrays:
        return None
    sizes = []
    while (name := f"tail_{len(sizes)}_bias") in arrays:
        sizes.append(arrays[name].shape[0])
    first = arrays["head_bias"].shape[0] - len(sizes)
    return [first + sum(sizes[:k]) for k in range(len(sizes) + 1)]


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
