"""Sentences → tokens → the ids that a word's vector is computed from, without Keras."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_elmo.text.characters import PAD_CHAR, CharacterEncoder
from keras_elmo.text.tokenizers import WhitespaceTokenizer
from keras_elmo.text.vocabulary import BOS_ID, EOS_ID, Vocabulary

if TYPE_CHECKING:
    from keras_elmo.elmo.preprocessor import ElmoPreprocessor


class WordIds:
    """Encodes words for one ELMo.

    Args:
        config: the ELMo's configuration.
        preprocessor: splits sentences; None splits on spaces.
        vocabulary: the words of a word-input model, where the preprocessor does not bring them.

    Attributes:
        boundaries: ids of `<S>` and `</S>`: int32 `(2, characters)` or `(2,)`.

    Raises:
        ValueError: a word-input model without a vocabulary.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        preprocessor: "ElmoPreprocessor | None" = None,
        vocabulary: Sequence[str] | None = None,
    ):
        self._preprocessor, self._split = preprocessor, WhitespaceTokenizer()
        self._characters = CharacterEncoder(config["max_characters_per_token"])
        self._widest = max((width for width, _ in config["char_filters"]), default=0)
        self._vocabulary = None
        self.boundaries = np.stack([self._characters.bos, self._characters.eos])
        if config["vocabulary_size"] is None:
            return
        self._vocabulary = preprocessor.vocabulary if preprocessor else None
        if self._vocabulary is None and vocabulary:
            self._vocabulary = Vocabulary(vocabulary)
        if self._vocabulary is None:
            raise ValueError(
                "This ELMo reads words: give a `preprocessor` with its `vocabulary`. "
                f"Received: preprocessor={preprocessor!r}"
            )
        self.boundaries = np.array([BOS_ID, EOS_ID], np.int32)

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
        """Ids of some words: int32 `(words, characters)` or `(words,)`.

        Unless they are to be `whole`, characters of padding are cut behind the longest word, but
        for those that the widest filter may see behind it and once alone: the maximum over all
        places is the same.
        """
        if self._vocabulary is not None:
            return self._vocabulary.encode([words])[0]
        ids = self._characters.encode([words])[0]
        if whole:
            return ids
        longest = int((ids != PAD_CHAR).sum(axis=1).max())
        return ids[:, : longest + self._widest]
