"""Strings → the dict of arrays that the backbone and the tasks read."""

from os import PathLike
from typing import Any, Self

import keras

from keras_elmo.elmo.saving import read_object, write_metadata, write_object
from keras_elmo.files.new_folder import new_folder
from keras_elmo.text.sentence_encoder import SentenceEncoder
from keras_elmo.weights.detection import load_elmo
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.sources.location import locate
from keras_elmo.weights.sources.presets import PREPROCESSOR_FILE, is_preset
from keras_elmo.weights.sources.published import PublishedElmo


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoPreprocessor(SentenceEncoder):
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
