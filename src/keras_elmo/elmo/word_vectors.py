"""Word vectors that a language model has learned beside its ELMo: the rows of its softmax."""

from os import PathLike

import numpy as np

from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.text.vocabulary import MARKS

_SPREAD = 0.4  # of word vectors: about that of the layers they stand beside


def load_word_vectors(
    preset: str | PathLike[str], vocabulary: str | PathLike[str] | None = None
) -> tuple[list[str], np.ndarray]:
    """Vectors of the words that a preset's language model predicts: the rows of its softmax.

    They say of a word what ELMo's own layers leave to its letters and neighbours: where it stands.
    A lower-cased word has the vector of its most frequent spelling, its own if it has one.

    Args:
        preset, vocabulary: see `ElmoLanguageModel.from_preset`.

    Returns:
        The words, and float32 `(words, P)`: centred, with a standard deviation of 0.4.

    Raises: see `ElmoLanguageModel.from_preset`.

    Example:
        >>> words, vectors = load_word_vectors("elmo_mini_en")
        >>> task.set_word_vectors(words, vectors)
    """
    model = ElmoLanguageModel.from_preset(preset, vocabulary=vocabulary)
    rows: dict[str, int] = {}
    for row, word in enumerate(model.vocabulary.tokens):
        if word in MARKS:
            continue
        if word == word.lower():
            rows[word] = row
        else:
            rows.setdefault(word.lower(), row)
    vectors = model.softmax.output_vectors()[list(rows.values())]
    vectors = vectors - vectors.mean(axis=0)
    return list(rows), (_SPREAD / vectors.std()) * vectors
