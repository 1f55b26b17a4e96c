"""A vector for the word itself beside its character CNN."""

import keras

from keras_elmo.layers.char_cnn import CharacterCNN


@keras.saving.register_keras_serializable("keras_elmo")
class WordsAndCharacters(keras.layers.Layer):
    r"""Word vectors and a character CNN under one projection (Che et al. 2018, ELMoForManyLangs).

    $W_w e(w) + W_c\,\mathrm{cnn}(w) + b$: the projection of both, concatenated. A word that is not
    known has the vector of `<UNK>`, and its characters.

    Args:
        vocabulary_size: number of words, marks included.
        word_dim: size of a word's own vector.
        characters: the character CNN, which brings $W_c$ and $b$.

    Shape:
        input: int32 `(..., 1 + max_characters_per_token)`, the word's id first.
        output: float `(..., projection_dim)`.
    """

    def __init__(self, vocabulary_size: int, word_dim: int, characters: CharacterCNN, **kwargs):
        super().__init__(**kwargs)
        # === Layers ===
        policy = self.dtype_policy
        self.word_embedding = keras.layers.Embedding(
            vocabulary_size + 1, word_dim, dtype=policy, name="word_embedding"
        )
        self.word_projection = keras.layers.Dense(
            characters.projection_dim, use_bias=False, dtype=policy, name="word_projection"
        )
        self.char_cnn = characters

        # === Config ===
        self.vocabulary_size = vocabulary_size
        self.word_dim = word_dim

    def build(self, input_shape):
        *leading, width = input_shape
        self.word_embedding.build(tuple(leading))
        self.word_projection.build((None, self.word_dim))
        self.char_cnn.build((*leading, width and width - 1))

    def call(self, ids):
        words = self.word_projection(self.word_embedding(ids[..., 0]))
        return words + self.char_cnn(ids[..., 1:])

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.char_cnn.projection_dim)

    def get_config(self):
        return super().get_config() | {
            "vocabulary_size": self.vocabulary_size,
            "word_dim": self.word_dim,
            "characters": keras.saving.serialize_keras_object(self.char_cnn),
        }

    @classmethod
    def from_config(cls, config):
        characters = keras.saving.deserialize_keras_object(config["characters"])
        return cls(**{**config, "characters": characters})
