"""What every task puts on ELMo: a mix of its layers, other word vectors, BiLSTM layers."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.layers.bilstm import BiLSTM
from keras_elmo.layers.layer_mix import LayerMix
from keras_elmo.layers.word_table import WordTable
from keras_elmo.text.vocabulary import MARKS, Vocabulary
from keras_elmo.text.word_shapes import SHAPES

# The inputs, to which more may be added, and the words' vectors → what the BiLSTM reads, its mask.
Steps = Callable[[dict[str, Any], Any], tuple[Any, Any]]


def build_encoder(
    backbone: ElmoBackbone,
    *,
    mix: str | int,
    mix_layer_norm: bool,
    elmo_dropout_before: float,
    elmo_dropout: float,
    mix_at_output: bool,
    word_table: WordTable | None,
    word_vectors_dropout: float,
    word_shape_dim: int | None,
    lstm_units: list[int],
    dropout: float,
    steps: Steps,
) -> tuple[dict[str, Any], Any, Any]:
    """Functional graph: ELMo → mix → [x; ELMo] → BiLSTM layers → [BiLSTM; ELMo].

    Args: see [`ElmoTask`][keras_elmo.tasks.task.ElmoTask]; word_table is what looks up other word
        vectors, or None; steps makes other time steps of the words.

    Returns:
        The inputs (the backbone's; word_ids and word_shapes, int32 `(batch, tokens)`), ELMo's
        features, and the output float `(batch, tokens, features)`.
    """

    def layer_mix(name: str) -> LayerMix:
        return LayerMix(
            mix,
            layer_norm=mix_layer_norm,
            dropout_before=elmo_dropout_before,
            dropout_after=elmo_dropout,
            name=name,
        )

    inputs = dict(backbone.input)
    mask = inputs["padding_mask"]
    features = backbone(backbone.input)  # (batch, tokens, layers, 2P)
    x = layer_mix("elmo_mix")(features, mask=mask)
    if word_table:
        inputs["word_ids"] = keras.Input((None,), dtype="int32", name="word_ids")
        words = word_table(inputs["word_ids"])
        words = keras.layers.Dropout(word_vectors_dropout, name="word_dropout")(words)
        x = keras.layers.Concatenate(name="words_and_elmo")([words, x])
    if word_shape_dim:
        inputs["word_shapes"] = keras.Input((None,), dtype="int32", name="word_shapes")
        table = keras.layers.Embedding(len(SHAPES) + 1, word_shape_dim, name="word_shape_vectors")
        x = keras.layers.Concatenate(name="shapes_and_elmo")([table(inputs["word_shapes"]), x])
    x, mask = steps(inputs, x)
    for i, units in enumerate(lstm_units):
        x = keras.layers.Dropout(dropout, name=f"dropout_{i}")(x)
        x = BiLSTM(units, name=f"bilstm_{i}")(x, mask=mask)
    if mix_at_output:
        again = layer_mix("output_mix")(features, mask=mask)
        x = keras.layers.Concatenate(name="bilstm_and_elmo")([x, again])
    return inputs, features, keras.layers.Dropout(dropout, name="dropout")(x)


def make_word_table(preprocessor: Any, size: int | None, new_words: int) -> WordTable | None:
    """What looks up the word vectors beside ELMo, with free rows for `new_words` more words.

    Raises:
        ValueError: no words to embed, or rows without a size.
    """
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
