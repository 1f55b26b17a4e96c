"""Strings → the dict of arrays that ELMo and the tasks on it read, in NumPy."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_elmo.text.characters import CharacterEncoder
from keras_elmo.text.rows import as_rows, is_missing
from keras_elmo.text.tokenizers import get_tokenizer
from keras_elmo.text.unicode_characters import UnicodeCharacterEncoder
from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.text.word_shapes import encode_shapes

# Or another container of these, see `as_rows`.
Sentences = str | Sequence[str] | Sequence[Sequence[str]] | Any


class SentenceEncoder:
    """Turn sentences into ids and a padding mask.

    Args: see [`ElmoPreprocessor`][keras_elmo.elmo.preprocessor.ElmoPreprocessor].
    """

    def __init__(
        self,
        tokenizer: str = "words",
        *,
        max_characters_per_token: int = 50,
        vocabulary: Sequence[str] | None = None,
        characters: Sequence[str] | None = None,
        word_vocabulary: Sequence[str] | None = None,
        word_shapes: bool = False,
    ) -> None:
        self.tokenizer = get_tokenizer(tokenizer)
        self.max_characters_per_token = max_characters_per_token
        self.vocabulary = Vocabulary(vocabulary) if vocabulary else None
        self.word_vocabulary = Vocabulary(word_vocabulary) if word_vocabulary else None
        self.characters = list(characters) if characters else None
        self.word_shapes = word_shapes
        if self.characters:
            self._encoder = UnicodeCharacterEncoder(
                self.characters, self.vocabulary, max_characters_per_token
            )
        else:
            self._encoder = self.vocabulary or CharacterEncoder(max_characters_per_token)

    def __call__(self, sentences: Sentences, length: int | None = None) -> dict[str, np.ndarray]:
        return self.encode(self.tokenize(sentences), length)

    def tokenize(self, sentences: Sentences) -> list[list[str]]:
        """Token lists of strings; token lists stay as they are.

        Args:
            sentences: a string; or strings or token lists in any container that
                [`as_rows`][keras_elmo.text.rows.as_rows] reads.

        Raises:
            TypeError: something that holds no rows.
            ValueError: neither strings nor lists of strings.
        """
        if isinstance(sentences, str):
            sentences = [sentences]
        rows = as_rows(sentences, "x")
        return [self._tokens(i, sentence) for i, sentence in enumerate(rows)]

    def encode(
        self, sentences: Sequence[Sequence[str]], length: int | None = None
    ) -> dict[str, np.ndarray]:
        """The arrays for token lists."""
        arrays = self.elmo_arrays(sentences, length)
        return arrays | self.word_arrays(sentences, arrays["padding_mask"].shape[1])

    def elmo_arrays(
        self, sentences: Sequence[Sequence[str]], length: int | None = None
    ) -> dict[str, np.ndarray]:
        """The arrays that the backbone takes, and no others."""
        lengths = np.array([len(tokens) for tokens in sentences], dtype=np.int32)
        time = max(1, lengths.max(initial=0)) if length is None else length
        name = "token_ids" if self._encoder is self.vocabulary else "character_ids"
        ids = self._encoder.encode(sentences, time)
        return {name: ids, "padding_mask": np.arange(time) < lengths[:, None]}

    def word_arrays(self, sentences: Sequence[Sequence[str]], length: int) -> dict[str, np.ndarray]:
        """The arrays that are not for ELMo: `word_ids` and `word_shapes`, as far as wanted."""
        arrays: dict[str, np.ndarray] = {}
        if self.word_vocabulary is not None:
            known = self.word_vocabulary
            words = [[w if w in known else w.lower() for w in tokens] for tokens in sentences]
            arrays["word_ids"] = known.encode(words, length)
        if self.word_shapes:
            arrays["word_shapes"] = encode_shapes(sentences, length)
        return arrays

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "tokenizer": self.tokenizer.name,
            "max_characters_per_token": self.max_characters_per_token,
            "vocabulary": list(self.vocabulary.tokens) if self.vocabulary else None,
            "characters": self.characters,
            "word_vocabulary": list(self.word_vocabulary.tokens) if self.word_vocabulary else None,
            "word_shapes": self.word_shapes,
        }

    def _tokens(self, number: int, sentence: Any) -> list[str]:
        if isinstance(sentence, str):
            return self.tokenizer(sentence)
        if isinstance(sentence, list | tuple) and all(isinstance(t, str) for t in sentence):
            return list(sentence)
        hint = " It is missing: leave that row out." if is_missing(sentence) else ""
        raise ValueError(
            "a sentence must be a string or a list of tokens (strings), such as 'a joy to watch' "
            f"or ['a', 'joy']. Received: sentence {number} is {sentence!r:.80}.{hint}"
        )
