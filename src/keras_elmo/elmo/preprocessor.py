"""Strings → the dict of arrays that the backbone and the tasks read."""

from collections.abc import Sequence
from os import PathLike
from typing import Any, Self

import keras
import numpy as np

from keras_elmo.elmo.saving import read_object, write_metadata, write_object
from keras_elmo.files.new_folder import new_folder
from keras_elmo.text.characters import CharacterEncoder
from keras_elmo.text.rows import as_rows, is_missing
from keras_elmo.text.tokenizers import get_tokenizer
from keras_elmo.text.unicode_characters import UnicodeCharacterEncoder
from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.text.word_shapes import encode_shapes
from keras_elmo.weights.detection import load_elmo
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.sources.location import locate
from keras_elmo.weights.sources.presets import PREPROCESSOR_FILE, is_preset
from keras_elmo.weights.sources.published import PublishedElmo

# Or another container of these, see `as_rows`.
Sentences = str | Sequence[str] | Sequence[Sequence[str]] | Any


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoPreprocessor:
    """Turn sentences into ids and a padding mask, in NumPy.

    Args:
        tokenizer: `"words"` (Treebank-style words, for raw text) or `"whitespace"` (split on
            spaces, for text that is tokenised already). Token lists are taken as they are.
        max_characters_per_token: as of the model.
        vocabulary: the words of a model that reads words, `<S> </S> <UNK>` first; None for
            characters alone.
        characters: of a model that reads other characters than bytes, in the order of their ids.
        word_vocabulary: words of a second word vector beside ELMo, `<S> </S> <UNK>` first; adds
            `word_ids` to the output. A word that is not there is looked up in lower case, too.
        word_shapes: also give `word_shapes`, see [`word_shape`][keras_elmo.text.word_shapes].

    Call arguments:
        sentences: a string, a list of strings, or a list of token lists.
        length: pad or cut every sentence to this many tokens; the default is the longest.

    Returns:
        A dict: character_ids int32 `(batch, tokens, max_characters_per_token)` or token_ids int32
        `(batch, tokens)`, padding_mask bool `(batch, tokens)`, and word_ids int32
        `(batch, tokens)` with a `word_vocabulary`, word_shapes likewise. Zeros where padded, at
        least one step.

    Example:
        >>> ElmoPreprocessor()(["It isn't bad."])["padding_mask"]
        array([[ True,  True,  True,  True,  True]])
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
    ):
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

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**config)

    @classmethod
    def from_preset(
        cls,
        preset: str | PathLike[str] | PublishedElmo,
        *,
        options: str | PathLike[str] | None = None,
        **overrides: Any,
    ) -> Self:
        """The preprocessor that belongs to an ELMo of any format, a preset's as it was saved.

        Args:
            preset, options: as of `ElmoBackbone.from_preset`.
            overrides: constructor arguments to replace, such as `tokenizer`.

        Raises:
            FileNotFoundError: there is nothing.
            WeightsError: the files are no ELMo, or a model that reads words is without them.
        """
        if not isinstance(preset, PublishedElmo):
            place = locate(preset)
            if is_preset(place):
                return read_object(place, PREPROCESSOR_FILE, cls, **overrides)
            preset = load_elmo(place, options=options)
        if preset.config["vocabulary_size"] is not None and not preset.words:
            raise WeightsError(
                f"an ELMo that reads words ({preset.format}) needs its vocabulary. Received: none. "
                "Put its file vocab.txt (a word a line, <S> </S> <UNK> first) beside the weights."
            )
        own = {
            "max_characters_per_token": preset.config["max_characters_per_token"],
            "vocabulary": preset.words,
            "characters": preset.characters,
        }
        return cls(**own | overrides)

    def save_to_preset(self, folder: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write `preprocessor.json` to a new folder."""
        with new_folder(folder, overwrite=overwrite) as path:
            write_object(self, path, PREPROCESSOR_FILE)
            write_metadata(path)

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
