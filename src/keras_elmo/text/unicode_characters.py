"""Tokens to ids of Unicode characters, and of words beside them, as ELMoForManyLangs has them."""

from collections.abc import Sequence

import numpy as np

from keras_elmo.text.padding import padded_length
from keras_elmo.text.vocabulary import BOS_ID, EOS_ID, Vocabulary

BOS, EOS, OOV, PAD, BOW, EOW = MARKS = ("<bos>", "<eos>", "<oov>", "<pad>", "<bow>", "<eow>")


class UnicodeCharacterEncoder:
    """Turns tokens into rows of ids: of its characters, and of the word itself in front of them.

    A word is `[BOW, characters..., EOW, PAD, ...]` with what the file calls `<eow>` for BOW and
    `<bow>` for EOW: the weights were trained with the two exchanged. Characters beyond
    `max_characters_per_token - 2` are cut. Ids are one higher than in the file, because 0 marks a
    padded time step.

    Args:
        characters: those of the file `char.dic`, in the order of their ids, the marks among them.
        vocabulary: the words, for a model that has vectors for words as well.
        max_characters_per_token: width `C` of a row.

    Attributes:
        bos, eos: the rows of the sentence's boundaries.
        pad: the id of a character that pads a word.

    Raises:
        ValueError: a mark is missing, or a width below 3.

    Example:
        >>> encoder.encode([["hi"], ["a", "b"]]).shape  # with a vocabulary
        (2, 2, 51)
    """

    def __init__(
        self,
        characters: Sequence[str],
        vocabulary: Vocabulary | None = None,
        max_characters_per_token: int = 50,
    ) -> None:
        if max_characters_per_token < 3:
            raise ValueError(
                "max_characters_per_token must be at least 3, a character and two marks. "
                f"Received: max_characters_per_token={max_characters_per_token}"
            )
        self._ids = {character: place for place, character in enumerate(characters, 1)}
        if missing := [mark for mark in MARKS if mark not in self._ids]:
            raise ValueError(
                f"`characters` must have the marks {' '.join(MARKS)}. Received: {len(characters)} "
                f"characters without {' '.join(missing)}"
            )
        self._vocabulary, self._width = vocabulary, max_characters_per_token
        self.pad = self._ids[PAD]
        self.bos = self._row(BOS_ID, [self._ids[BOS]])
        self.eos = self._row(EOS_ID, [self._ids[EOS]])

    def encode(self, sentences: Sequence[Sequence[str]], length: int | None = None) -> np.ndarray:
        """The ids of a batch of token lists, without sentence boundaries.

        Args: see [`CharacterEncoder`][keras_elmo.text.characters.CharacterEncoder].

        Returns:
            int32 `(batch, time, C)`, with a vocabulary `(batch, time, 1 + C)`.
        """
        time = padded_length(sentences, length)
        ids = np.zeros((len(sentences), time, len(self.bos)), np.int32)
        words = self._vocabulary.encode(sentences, time) if self._vocabulary else ids[:, :, 0]
        for row, sentence, numbers in zip(ids, sentences, words, strict=True):
            for step, word in enumerate(sentence[:time]):
                characters = [self._ids.get(character, self._ids[OOV]) for character in word]
                row[step] = self._row(numbers[step], characters)
        return ids

    def _row(self, word: int, characters: list[int]) -> np.ndarray:
        row = np.full(self._width, self.pad, np.int32)
        spelt = [self._ids[EOW], *characters[: self._width - 2], self._ids[BOW]]  # exchanged
        row[: len(spelt)] = spelt
        return row if self._vocabulary is None else np.concatenate([[np.int32(word)], row])
