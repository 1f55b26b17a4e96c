"""Word vectors and shapes beside ELMo: their table, its new words, what it begins with."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.layers.word_table import WordTable
from keras_elmo.tasks.encoder import EncoderConfig
from keras_elmo.text.vocabulary import MARKS, Vocabulary


def make_word_table(preprocessor: Any, encoder: EncoderConfig) -> WordTable | None:
    """The table of the word vectors beside ELMo, with free rows for `new_words` more words.

    Raises:
        ValueError: no words to embed, or rows without a size.
    """
    size, new_words = encoder.word_embedding_dim, encoder.new_words
    if new_words < 0 or (new_words and size is None):
        raise ValueError(
            "`new_words` must be the number of words that get a vector of `word_embedding_dim` "
            f"beside those of the vocabulary. Received: {new_words}, word_embedding_dim={size}"
        )
    if size is None:
        return None
    if preprocessor is None or preprocessor.word_vocabulary is None:
        raise ValueError(
            "`word_embedding_dim` needs a preprocessor with a `word_vocabulary`: the words that "
            f"get a vector. Received: preprocessor={preprocessor!r} without one"
        )
    rows = len(preprocessor.word_vocabulary) + 1 + new_words  # row 0 stands for padding
    return WordTable(rows, size, name="word_vectors")


def learn_words(
    preprocessor: ElmoPreprocessor, texts: Iterable[Sequence[str]], most: int
) -> tuple[ElmoPreprocessor, int]:
    """A preprocessor that also knows frequent words of the training data, in lower case.

    A word counts where it occurs twice in different texts or in one: rarer ones are unknown, as
    those will be that are only met later, so that the vector of these trains.

    Args:
        preprocessor: with a `word_vocabulary`, behind which the new words get their places.
        texts: tokens of each text; a text that stands there again is not counted again.
        most: so many new words, at most.

    Returns:
        The preprocessor, and how many words more it might have had.
    """
    if not most:
        return preprocessor, 0
    config = preprocessor.get_config()
    known = set(config["word_vocabulary"])
    tokens = (word for text in set(map(tuple, texts)) for word in text if word not in known)
    counts = Counter(word for word in map(str.lower, tokens) if word not in known)
    new = Vocabulary.from_counts(counts, len(MARKS) + most, min_count=2).tokens[len(MARKS) :]
    words = [*config["word_vocabulary"], *new]
    return ElmoPreprocessor.from_config(config | {"word_vocabulary": words}), most - len(new)


def check_word_shapes(preprocessor: Any, size: int | None) -> None:
    """Raise ValueError where word shapes are to be embedded that the preprocessor does not give."""
    if size and not (preprocessor is None or preprocessor.word_shapes):
        raise ValueError(
            "`word_shape_dim` needs a preprocessor that gives shapes: "
            "`ElmoPreprocessor(..., word_shapes=True)`. Received: one that does not"
        )


def fill_word_vectors(
    layer: WordTable | None,
    preprocessor: Any,
    words: Sequence[str],
    vectors: np.ndarray,
) -> int:
    """Fill a word embedding, with the mean where a word has no vector; how many words have one.

    Raises:
        ValueError: there is no embedding, or the vectors do not fit it.
    """
    vocabulary = preprocessor and preprocessor.word_vocabulary
    if layer is None or vocabulary is None:
        raise ValueError(
            "This model has no word vectors beside ELMo. Build it with `word_embedding_dim` "
            "and a preprocessor with a `word_vocabulary`."
        )
    rows, features = layer.rows, layer.size
    if vectors.shape != (len(words), features) or not len(words):
        raise ValueError(
            f"`vectors` must have the shape (words, {features}) and one row a word. "
            f"Received: {vectors.shape} for {len(words)} words"
        )
    table = np.tile(vectors.mean(axis=0), (rows, 1))
    place = {word: i for i, word in enumerate(words)}
    known = [place.get(word) for word in vocabulary.tokens]
    for row, i in enumerate(known, start=1):  # row 0 stands for padding
        if i is not None:
            table[row] = vectors[i]
    layer.assign(table)
    return sum(i is not None for i in known)
