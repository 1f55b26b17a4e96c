"""What turns a word's ids into its vector, for each kind of input."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_elmo.layers.char_cnn import CharacterCNN
from keras_elmo.layers.words_and_characters import WordsAndCharacters
from keras_elmo.text.characters import CharacterEncoder
from keras_elmo.text.vocabulary import BOS_ID, EOS_ID


def build_word_layer(
    *,
    vocabulary_size: int | None,
    word_dim: int | None,
    projection_dim: int,
    dtype: Any,
    **characters: Any,
) -> keras.layers.Layer:
    """The word layer of a backbone: see its arguments.

    Raises:
        ValueError: `word_dim` without a vocabulary.
    """
    if word_dim is not None and vocabulary_size is None:
        raise ValueError(
            "`word_dim` is the size of the vectors of a vocabulary's words. Received: "
            f"word_dim={word_dim}, vocabulary_size=None. Give its size as well."
        )
    if vocabulary_size is not None and word_dim is None:
        return keras.layers.Embedding(
            vocabulary_size + 1, projection_dim, dtype=dtype, name="word_embedding"
        )
    cnn = CharacterCNN(projection_dim=projection_dim, dtype=dtype, name="char_cnn", **characters)
    if word_dim is None or vocabulary_size is None:
        return cnn
    return WordsAndCharacters(
        vocabulary_size, word_dim, cnn, dtype=dtype, name="words_and_characters"
    )


def default_boundaries(
    vocabulary_size: int | None, max_characters_per_token: int
) -> tuple[Sequence[int] | int, Sequence[int] | int]:
    """Ids of `<S>` and `</S>` for bytes, or for words."""
    if vocabulary_size is not None:
        return BOS_ID, EOS_ID
    encoder = CharacterEncoder(max_characters_per_token)
    return encoder.bos.tolist(), encoder.eos.tolist()
