"""String tensors → character ids inside a TensorFlow graph."""

from typing import Any

import keras

from keras_elmo.text.characters import BOW_CHAR, EOW_CHAR, PAD_CHAR


def split_on_spaces(sentences: Any) -> Any:
    """Words of a batch of sentences, split on spaces as TF-Hub's ELMo does.

    Args:
        sentences: string tensor `(batch,)` or `(batch, 1)`.

    Returns:
        Ragged string tensor `(batch, (words))` without empty words.
    """
    import tensorflow as tf

    words = tf.strings.split(tf.reshape(sentences, [-1]), " ")
    return tf.ragged.boolean_mask(words, tf.not_equal(words, ""))


def character_ids(sentences: Any, max_characters_per_token: int) -> Any:
    """What `CharacterEncoder.encode` gives for words split on spaces, for string tensors.

    Args:
        sentences: string tensor `(batch,)` or `(batch, 1)`, UTF-8.
        max_characters_per_token: width of a row.

    Returns:
        int32 `(batch, words, max_characters_per_token)`, 0 where padded, at least one step.
    """
    import tensorflow as tf

    words = split_on_spaces(sentences)
    room = max_characters_per_token - 2
    flat = words.flat_values  # (words of the batch,)
    data = tf.cast(tf.io.decode_raw(flat, tf.uint8, fixed_length=room), tf.int32) + 1
    data = tf.pad(tf.reshape(data, [-1, room]), [[0, 0], [1, 1]])  # begin-of-word stands at 0
    length = tf.minimum(tf.strings.length(flat), room)[:, None]
    place = tf.range(max_characters_per_token)[None]
    ids = tf.where(place <= length, data, PAD_CHAR)
    ids = tf.where(place == length + 1, EOW_CHAR, ids)
    ids = tf.where(place == 0, BOW_CHAR, ids)
    dense = words.with_flat_values(ids).to_tensor(0)
    missing = tf.maximum(1 - tf.shape(dense)[1], 0)  # a batch of empty sentences has no step
    return tf.pad(dense, tf.stack([[0, 0], tf.stack([0, missing]), [0, 0]]))


@keras.saving.register_keras_serializable("keras_elmo")
class StringsToCharacterIds(keras.layers.Layer):
    """`character_ids` as a layer, so that masks can be computed in functional models too."""

    def __init__(self, max_characters_per_token: int = 50, **kwargs: Any):
        super().__init__(**kwargs)
        # XLA knows no strings. Other backends have none either, so there it is in no one's way.
        self.supports_jit = keras.config.backend() != "tensorflow"
        self.max_characters_per_token = max_characters_per_token

    def call(self, sentences):
        return character_ids(sentences, self.max_characters_per_token)

    def compute_output_spec(self, sentences):
        shape = (sentences.shape[0], None, self.max_characters_per_token)
        return keras.KerasTensor(shape, dtype="int32")

    def get_config(self):
        return super().get_config() | {"max_characters_per_token": self.max_characters_per_token}
