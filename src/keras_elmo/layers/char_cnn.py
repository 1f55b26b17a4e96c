"""The character CNN: a word's bytes → its context-free vector, layer 0 of ELMo."""

from collections.abc import Sequence

import keras
from keras import ops

from keras_elmo._values import NUM_CHARACTERS
from keras_elmo.layers.configured import ConfiguredLayer
from keras_elmo.layers.highway import Highway
from keras_elmo.layers.torch_state import as_torch_module


@keras.saving.register_keras_serializable("keras_elmo")
class CharacterCNN(ConfiguredLayer):
    r"""Character CNN with highways and projection (Kim et al. 2016; Peters et al. 2018, §3.1).

    For each filter width $w$ with $n$ filters: $\max_p f$ of a VALID convolution over all
    `max_characters_per_token` positions, then the activation (the maximum comes first, padding
    characters take part in it). The results are concatenated, pass `num_highways` highways and a
    linear projection.

    Args:
        char_embedding_dim: size of a character's vector.
        char_filters: `[width, number of filters]` pairs.
        num_highways: number of highway layers, 0 for none.
        activation: `"relu"` or `"tanh"`.
        projection_dim: size of the word vector. When it equals the sum of all filters there is no
            projection, as in the published files.

    Shape:
        input: int32 `(..., max_characters_per_token)`, ids of
        [`CharacterEncoder`][keras_elmo.text.characters.CharacterEncoder].
        output: float `(..., projection_dim)`.
    """

    def __init__(
        self,
        *,
        char_embedding_dim: int,
        char_filters: Sequence[Sequence[int]],
        num_highways: int,
        projection_dim: int,
        activation: str = "relu",
        num_characters: int = NUM_CHARACTERS,
        **kwargs,
    ):
        super().__init__(**kwargs)
        # === Layers ===
        policy = self.dtype_policy
        # Every stage of a fresh network has a variance of about 1. Started smaller, all words are
        # nearly one vector, and training stretches a few directions only (see `effective_rank`).
        self.char_embedding = keras.layers.Embedding(
            num_characters,
            char_embedding_dim,
            embeddings_initializer=keras.initializers.RandomUniform(-1.0, 1.0),  # variance 1/3
            dtype=policy,
            name="char_embedding",
        )
        self.convolutions = [
            keras.layers.Conv1D(
                count,
                width,
                padding="valid",
                kernel_initializer=keras.initializers.VarianceScaling(3.0, "fan_in"),
                dtype=policy,
                name=f"conv_{i}",
            )
            for i, (width, count) in enumerate(char_filters)
        ]
        self.highways = [Highway(dtype=policy, name=f"highway_{k}") for k in range(num_highways)]
        num_filters = sum(count for _, count in char_filters)
        self.projection = None
        if num_filters != projection_dim:
            self.projection = keras.layers.Dense(
                projection_dim, kernel_initializer="lecun_normal", dtype=policy, name="projection"
            )

        # === Config ===
        self.char_embedding_dim = char_embedding_dim
        self.char_filters = [list(pair) for pair in char_filters]
        self.num_highways = num_highways
        self.activation = keras.activations.get(activation)
        self.projection_dim = projection_dim
        self.num_characters = num_characters
        self.build((None, None))
        as_torch_module(self)

    def build(self, input_shape):
        if self.built:
            return
        features = sum(count for _, count in self.char_filters)
        self.char_embedding.build(input_shape)
        for convolution in self.convolutions:
            convolution.build((None, input_shape[-1], self.char_embedding_dim))
        for layer in [*self.highways, *filter(None, [self.projection])]:
            layer.build((None, features))

    def call(self, character_ids):
        *leading, characters = ops.shape(character_ids)
        ids = ops.reshape(character_ids, (-1, characters))  # (words, characters)
        embedded = self.char_embedding(ids)  # (words, characters, char_embedding_dim)
        pooled = [ops.max(convolution(embedded), axis=1) for convolution in self.convolutions]
        x = self.activation(ops.concatenate(pooled, axis=-1))  # (words, filters)
        for highway in self.highways:
            x = highway(x)
        if self.projection is not None:
            x = self.projection(x)
        return ops.reshape(x, (*leading, self.projection_dim))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.projection_dim)

    def get_config(self):
        return super().get_config() | {"activation": keras.activations.serialize(self.activation)}
