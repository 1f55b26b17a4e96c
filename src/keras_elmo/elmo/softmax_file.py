"""The language model's softmax and its words, in two optional files of a preset.

An ELMo works without them; with them it predicts words, its perplexity can be measured and its
training continued.
"""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import h5py
import keras
import numpy as np

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.checkpoint_file import load_checkpoint
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.elmo.variables import without_values
from keras_elmo.files.space import require_space
from keras_elmo.text.vocabulary import MARKS, Vocabulary
from keras_elmo.weights.checksums import check_file
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.bilm_tf_checkpoint import checkpoint_prefix
from keras_elmo.weights.formats.hdf5 import Hdf5Array, list_arrays
from keras_elmo.weights.language_model import check_language_model
from keras_elmo.weights.sources.presets import SOFTMAX_FILE, VOCABULARY_FILE, preset_folder

_SPREAD = 0.4  # of word vectors: about that of the layers they stand beside


def write_softmax(
    model: ElmoLanguageModel, vocabulary: Vocabulary, folder: Path, *, half: bool = False
) -> None:
    """Write `softmax.h5` and `vocabulary.txt` into a folder.

    The former holds kernel `(V, P)` and bias `(V,)`, or the weights of an `AdaptiveSoftmax`.

    Args:
        model: the language model.
        vocabulary: its V words.
        folder: an existing folder.
        half: store float16.
    """
    require_space(folder / SOFTMAX_FILE, 4 * model.softmax.count_params())
    with h5py.File(folder / SOFTMAX_FILE, "w") as file:
        for variable in model.softmax.weights:
            array = keras.ops.convert_to_numpy(variable.value)
            stored = array.astype(np.float16 if half else np.float32)
            file.create_dataset(variable.name, data=stored, compression="gzip", shuffle=True)
    vocabulary.save(folder / VOCABULARY_FILE)


def load_language_model(
    preset: str | PathLike[str], vocabulary_path: str | PathLike[str] | None = None
) -> tuple[ElmoLanguageModel, Vocabulary]:
    """The language model of a preset, or of a training checkpoint of bilm-tf, and its words.

    Args:
        preset: a name, a preset folder, or a checkpoint: its folder or `folder/model.ckpt-N`, with
            the training's `options.json` beside it. Checkpoints are read with TensorFlow.
        vocabulary_path: the words of a checkpoint, one a line, `<S> </S> <UNK>` first; by default
            the only file `vocab*.txt` of its folder. A preset has its own.

    Raises:
        FileNotFoundError: no such preset, or a file of the checkpoint is missing.
        ImportError: a checkpoint, and TensorFlow is not installed.
        ValueError: the preset is an ELMo without its language model.
        WeightsError: the files do not fit together.

    Example:
        >>> model, vocabulary = load_language_model("my_elmo/preset")
        >>> model.vocabulary_size == len(vocabulary)
        True
    """
    if (prefix := checkpoint_prefix(preset)) is not None:
        return load_checkpoint(prefix, vocabulary_path)
    check_language_model(preset, vocabulary_path)
    folder = preset_folder(preset)
    path = folder / SOFTMAX_FILE
    check_file(path)
    check_file(folder / VOCABULARY_FILE)
    arrays = list_arrays(path)
    vocabulary = Vocabulary.load(folder / VOCABULARY_FILE)
    size = len(vocabulary)
    cutoffs = _cutoffs(arrays)
    if cutoffs and cutoffs.pop() != size:
        raise WeightsError(
            f"{path} must have the {size:,} words of {VOCABULARY_FILE}. "
            f"Received: an adaptive softmax whose clusters begin at {cutoffs} and end elsewhere"
        )
    backbone = ElmoBackbone.from_preset(folder)
    model = without_values(lambda: ElmoLanguageModel(backbone, size, cutoffs))
    expected = {variable.name: tuple(variable.shape) for variable in model.softmax.weights}
    received = {name: array.shape for name, array in arrays.items()}
    if received != expected:
        raise WeightsError(
            f"{path} must hold {expected} for the {size:,} words of {VOCABULARY_FILE}. "
            f"Received: {received}"
        )
    for variable in model.softmax.weights:
        variable.assign(arrays[variable.name][:].astype(np.float32))
    return model, vocabulary


def load_word_vectors(
    preset: str | PathLike[str], vocabulary_path: str | PathLike[str] | None = None
) -> tuple[list[str], np.ndarray]:
    """Vectors of the words that a preset's language model predicts: the rows of its softmax.

    They say of a word what ELMo's own layers leave to its letters and neighbours: where it stands.
    A lower-cased word has the vector of its most frequent spelling, its own if it has one.

    Args:
        preset, vocabulary_path: see `load_language_model`.

    Returns:
        The words, and float32 `(words, P)`: centred, with a standard deviation of 0.4.

    Raises: see `load_language_model`.

    Example:
        >>> words, vectors = load_word_vectors("elmo_mini_en")
        >>> task.set_word_vectors(words, vectors)
    """
    model, vocabulary = load_language_model(preset, vocabulary_path)
    rows: dict[str, int] = {}
    for row, word in enumerate(vocabulary.tokens):
        if word in MARKS:
            continue
        if word == word.lower():
            rows[word] = row
        else:
            rows.setdefault(word.lower(), row)
    vectors = model.softmax.output_vectors()[list(rows.values())]
    vectors = vectors - vectors.mean(axis=0)
    return list(rows), (_SPREAD / vectors.std()) * vectors


def _cutoffs(arrays: Mapping[str, Hdf5Array]) -> list[int] | None:
    """Cut-offs and size of the adaptive softmax whose weights these are; None for another one."""
    if "head_bias" not in arrays:
        return None
    sizes = []
    while (name := f"tail_{len(sizes)}_bias") in arrays:
        sizes.append(arrays[name].shape[0])
    first = arrays["head_bias"].shape[0] - len(sizes)
    return [first + sum(sizes[:k]) for k in range(len(sizes) + 1)]
