"""String tensors → character ids inside a TensorFlow graph."""

from typing import Any

import keras

from keras_elmo.layers.configured import ConfiguredLayer
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


def character_ids(words: Any, max_characters_per_token: int) -> Any:
    """What `CharacterEncoder.encode` gives for words, for a tensor of them.

    Args:
        words: string tensor `(batch, words)`, UTF-8: ragged, or with `""` behind the last word of
            a sentence, where it is padded.
        max_characters_per_token: width of a row.

    Returns:
        int32 `(batch, words, max_characters_per_token)`, 0 where padded, at least one step.
    """
    import tensorflow as tf

    if isinstance(words, tf.RaggedTensor):
        rows = _rows(words.flat_values, max_characters_per_token)
        ids = words.with_flat_values(rows).to_tensor(0)
    else:
        shape = tf.shape(words)
        rows = _rows(tf.reshape(words, [-1]), max_characters_per_token)
        ids = tf.reshape(rows, [shape[0], shape[1], max_characters_per_token])
        # Real are a sentence's last word that is not empty, and all before it.
        filled = tf.cast(tf.not_equal(words, ""), tf.int32)
        real = tf.cumsum(filled, axis=1, reverse=True) > 0
        ids = tf.where(real[:, :, None], ids, 0)
    missing = tf.maximum(1 - tf.shape(ids)[1], 0)  # a batch of empty sentences has no step
    return tf.pad(ids, tf.stack([[0, 0], tf.stack([0, missing]), [0, 0]]))


def _rows(words: Any, max_characters_per_token: int) -> Any:
    """Words `(n,)` → int32 `(n, max_characters_per_token)`."""
    import tensorflow as tf

    room = max_characters_per_token - 2
    data = tf.cast(tf.io.decode_raw(words, tf.uint8, fixed_length=room), tf.int32) + 1
    data = tf.pad(tf.reshape(data, [-1, room]), [[0, 0], [1, 1]])  # begin-of-word stands at 0
    length = tf.minimum(tf.strings.length(words), room)[:, None]
    place = tf.range(max_characters_per_token)[None]
    ids = tf.where(place <= length, data, PAD_CHAR)
    ids = tf.where(place == length + 1, EOW_CHAR, ids)
    return tf.where(place == 0, BOW_CHAR, ids)


@keras.saving.register_keras_serializable("keras_elmo")
class StringsToCharacterIds(ConfiguredLayer):
    """`character_ids` as a layer, so that masks can be computed in functional models too.

    Call arguments:
        strings: string `(batch, words)`, ragged or padded with `""`; with `split=True` sentences
            `(batch,)` or `(batch, 1)`, whose words are split on spaces.
    """

    def __init__(self, max_characters_per_token: int = 50, **kwargs: Any):
        super().__init__(**kwargs)
        self.max_characters_per_token = max_characters_per_token
        # XLA knows no strings. Only TensorFlow has them in a model.
        self.supports_jit = keras.config.backend() != "tensorflow"

    def call(self, strings, split=False):
        words = split_on_spaces(strings) if split else strings
        return character_ids(words, self.max_characters_per_token)

    def compute_output_spec(self, strings, split=False):
        words = None if split else strings.shape[1]
        shape = (strings.shape[0], words, self.max_characters_per_token)
        return keras.KerasTensor(shape, dtype="int32")
