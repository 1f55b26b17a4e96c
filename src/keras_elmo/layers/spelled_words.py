"""Words with ELMo's vectors, read letter by letter."""

import keras
from keras import ops

from keras_elmo.layers.configured import ConfiguredLayer


@keras.saving.register_keras_serializable("keras_elmo")
class SpelledWords(ConfiguredLayer):
    """A vector for each character: its own, trainable, beside that of the word it stands in.

    ELMo has read words, not letters: given as tokens, single letters are far from what it was
    trained on. So the word is its token, and every character of the word gets its vector. What
    stands between words has zeros there.

    Args:
        num_characters: number of different characters, with 0 for padding.
        embedding_dim: size of a character's own vector.

    Call arguments:
        words: float `(batch, tokens, features)`.
        characters: int `(batch, characters)`, 0 where padded.
        places: int `(batch, characters)`, the number of each one's word, from 1; 0 for none.

    Returns:
        float `(batch, characters, embedding_dim + features)`.
    """

    def __init__(self, num_characters: int, embedding_dim: int, **kwargs):
        super().__init__(**kwargs)
        self.table = keras.layers.Embedding(
            num_characters, embedding_dim, dtype=self.dtype_policy, name="characters"
        )
        self.num_characters = num_characters
        self.embedding_dim = embedding_dim

    def build(self, words_shape, characters_shape=None, places_shape=None):
        self.table.build(characters_shape)

    def call(self, words, characters, places):
        numbers = ops.arange(1, ops.shape(words)[1] + 1)
        stands = ops.cast(places[:, :, None] == numbers, words.dtype)  # (batch, characters, tokens)
        return ops.concatenate([self.table(characters), ops.matmul(stands, words)], axis=-1)

    def compute_mask(self, words, characters=None, places=None, previous_mask=None):
        return None

    def compute_output_shape(self, words_shape, characters_shape, places_shape):
        return (*characters_shape, self.embedding_dim + words_shape[-1])
