"""The two layers of a backbone that have weights: a word's vector, and what reads these vectors."""

from typing import Any

import keras

from keras_elmo.elmo.backbone_config import BackboneConfig
from keras_elmo.layers.bilm import BiLM
from keras_elmo.layers.char_cnn import CharacterCNN
from keras_elmo.layers.stacked_bilstm import StackedBiLSTM
from keras_elmo.layers.words_and_characters import WordsAndCharacters


def word_layer(config: BackboneConfig, dtype: Any) -> keras.layers.Layer:
    """What turns a word's ids into its vector: of its characters, its number, or both."""
    size, words = config.projection_dim, config.vocabulary_size
    if config.reads_words_alone and words is not None:
        return keras.layers.Embedding(words + 1, size, dtype=dtype, name="word_embedding")
    cnn = CharacterCNN(
        projection_dim=size,
        num_characters=config.num_characters,
        char_embedding_dim=config.char_embedding_dim,
        char_filters=config.char_filters,
        num_highways=config.num_highways,
        activation=config.activation,
        dtype=dtype,
        name="char_cnn",
    )
    if words is None or config.word_dim is None:
        return cnn
    return WordsAndCharacters(words, config.word_dim, cnn, dtype=dtype, name="words_and_characters")


def recurrent_layer(config: BackboneConfig, dtype: Any) -> BiLM | StackedBiLSTM:
    """What reads the words' vectors; variables of either kind are found under the name `bilm`."""
    shared: dict[str, Any] = {
        "projection_dim": config.projection_dim,
        "units": config.units,
        "num_layers": config.num_layers,
        "dropout": config.dropout,
        "dtype": dtype,
        "name": "bilm",
    }
    if not config.has_bilm:
        return StackedBiLSTM(**shared)
    return BiLM(
        cell_clip=config.cell_clip,
        projection_clip=config.projection_clip,
        use_skip_connections=config.use_skip_connections,
        lstm_projection=config.lstm_projection,
        forget_bias=config.forget_bias,
        weight_drop=config.weight_drop,
        stateful=config.stateful,
        **shared,
    )
