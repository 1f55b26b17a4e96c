"""Sentences → tokens → the ids that a word's vector is computed from, without Keras."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_elmo.text.characters import PAD_CHAR, CharacterEncoder
from keras_elmo.text.tokenizers import WhitespaceTokenizer
from keras_elmo.text.unicode_characters import UnicodeCharacterEncoder
from keras_elmo.text.vocabulary import BOS_ID, EOS_ID, Vocabulary

if TYPE_CHECKING:
    from keras_elmo.elmo.preprocessor import ElmoPreprocessor


class WordIds:
    """Encodes words for one ELMo.

    Args:
        config: the ELMo's configuration.
        preprocessor: splits sentences; None splits on spaces.
        vocabulary, characters: the words, or the characters, of a model that reads them, where the
            preprocessor does not bring them.

    Attributes:
        boundaries: ids of `<S>` and `</S>`: int32 `(2, width)` or `(2,)`.
        pad: the id of a character behind a word's end.

    Raises:
        ValueError: a model that reads words is without them.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        preprocessor: "ElmoPreprocessor | None" = None,
        vocabulary: Sequence[str] | None = None,
        characters: Sequence[str] | None = None,
    ):
        self._preprocessor, self._split = preprocessor, WhitespaceTokenizer()
        if preprocessor is not None:
            words = preprocessor.vocabulary
            vocabulary = words.tokens if words else vocabulary
            characters = preprocessor.characters or characters
        if config["vocabulary_size"] is not None and not vocabulary:
            raise ValueError(
                "This ELMo reads words: give a `preprocessor` with its `vocabulary`. "
                f"Received: preprocessor={preprocessor!r}"
            )
        words = Vocabulary(vocabulary) if vocabulary else None
        width, self._before = config["max_characters_per_token"], 0
        self.pad, self._widest = PAD_CHAR, max((w for w, _ in config["char_filters"]), default=0)
        if characters:
            self._encoder = UnicodeCharacterEncoder(characters, words, width)
            self.pad, self._before = self._encoder.pad, 1 if words else 0
        elif words:
            self._encoder = words
            self.boundaries = np.array([BOS_ID, EOS_ID], np.int32)
            return
        else:
            self._encoder = CharacterEncoder(width)
        self.boundaries = np.stack([self._encoder.bos, self._encoder.eos])

    def tokens(self, sentence: str | Sequence[str]) -> list[str]:
        """The tokens of a sentence; a list of tokens stays as it is.

        Raises:
            ValueError: neither a string nor a list of strings.
        """
        if self._preprocessor is not None:
            return self._preprocessor.tokenize([sentence])[0]
        if isinstance(sentence, str):
            return self._split(sentence)
        if not all(isinstance(token, str) for token in sentence):
            raise ValueError(
                "a sentence must be a string or a list of tokens (strings). "
                f"Received: {sentence!r:.80}"
            )
        return list(sentence)

    def encode(self, words: Sequence[str], *, whole: bool = False) -> np.ndarray:
        """Ids of some words: int32 `(words, width)` or `(words,)`.

        Unless they are to be `whole`, characters of padding are cut behind the longest word, but
        for those that the widest filter may see behind it and once alone: the maximum over all
        places is the same.
        """
        ids = self._encoder.encode([words])[0]
        if whole or ids.ndim == 1:
            return ids
        longest = int((ids[:, self._before :] != self.pad).sum(axis=1).max())
        return ids[:, : self._before + longest + self._widest]
