"""A batch's distinct words, so that the character CNN runs once for each of them.

In a batch of 32 sentences about half of the words are repeated, and most are short: spelt once, and
no wider than the longest, they cost a small part of what whole rows of characters do.
"""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.embedding.word_ids import WordIds

TYPES, INDEX = "word_types", "word_index"  # inputs in place of ids
_STEP = 256  # types are rounded up to a multiple where each shape costs a compilation
_PAD, _BOS, _EOS = range(3)  # the first rows


class WordTypes:
    """Gives the distinct words of a batch and where they stand.

    Args:
        backbone: one that reads characters.
        preprocessor: the preprocessor of that backbone.
    """

    def __init__(self, backbone: ElmoBackbone, preprocessor: ElmoPreprocessor):
        self._ids = WordIds(backbone.get_config(), preprocessor)
        self._static = keras.config.backend() == "jax"

    def encode(self, sentences: Sequence[Sequence[str]], length: int) -> dict[str, np.ndarray]:
        """The arrays of a batch.

        Args:
            sentences: its token lists.
            length: tokens of a row.

        Returns:
            `word_types`: int32 `(types, characters)`, the first rows padding, `<S>` and `</S>`;
            `word_index`: int32 `(batch, length + 2)`, rows of it for each sentence with its
            boundaries.
        """
        places: dict[str, int] = {}
        index = np.full((len(sentences), length + 2), _PAD, np.int32)
        for row, sentence in zip(index, sentences, strict=True):
            words = sentence[:length]
            row[0], row[len(words) + 1] = _BOS, _EOS
            for step, word in enumerate(words, start=1):
                row[step] = places.setdefault(word, 3 + len(places))
        # `<S>` and `</S>` are as long as a word of one letter.
        ids = self._ids.encode(list(places) or ["a"], whole=self._static)
        count, width = 3 + len(places), ids.shape[1]
        if self._static:
            count = -(-count // _STEP) * _STEP
        types = np.zeros((count, width), np.int32)
        types[_BOS : 3 + len(places)] = self._ids.pad  # behind the words too
        marks = self._ids.boundaries[:, : ids.shape[1]]
        types[_BOS : _EOS + 1, : marks.shape[1]] = marks
        types[3 : 3 + len(places), : ids.shape[1]] = ids[: len(places)]
        return {TYPES: types, INDEX: index}


def features_of_types(backbone: ElmoBackbone, types, index, padding_mask, training=None):
    """What the backbone gives for the same sentences: float `(batch, tokens, layers, 2P)`."""
    vectors = backbone.word_layer(types)  # (types, P)
    words = ops.take(vectors, index, axis=0)  # (batch, tokens + 2, P)
    features = backbone.bilm(words, mask=ops.not_equal(index, _PAD), training=training)
    real = ops.cast(padding_mask, features.dtype)[:, :, None, None]
    return features[:, 1:-1] * real


def can_read_types(backbone: ElmoBackbone) -> bool:
    """Whether a backbone spells its words, and gives features without boundaries."""
    config = backbone.config
    return not (config.reads_words_alone or config.keep_boundaries or config.stateful)
