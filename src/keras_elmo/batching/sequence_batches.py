"""Batches of pairs of sequences: what `SentenceBatches` gives, source steps, target symbols."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_elmo.batching.batches import SentenceBatches, TargetFunction
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.text.padding import padded
from keras_elmo.text.symbols import CHARACTER_STEPS, SOURCE_IDS, WORD_PLACES, SourceSteps
from keras_elmo.text.vocabulary import BOS_ID

TARGET_IDS = "target_ids"
SEQUENCE_INPUTS = (CHARACTER_STEPS, WORD_PLACES, SOURCE_IDS, TARGET_IDS)


class SequenceBatches(SentenceBatches):
    """Batches of `(inputs, targets, weights)`, or of inputs for prediction.

    Args:
        sentences, preprocessor, input_names: as of `SentenceBatches`, all of the model's inputs.
        sources: time steps of each sentence.
        copied: numbers that copying each step would write, int32, of each sentence; or None.
        target_lengths: length of each target with its end, int `(sentences,)`; None for prediction.
        sequence_targets: gives symbols and weights for batch rows and a target length.
        options: more arguments of `SentenceBatches`.
    """

    def __init__(
        self,
        sentences: Sequence[list[str]],
        preprocessor: ElmoPreprocessor,
        input_names: Sequence[str],
        *,
        sources: Sequence[SourceSteps],
        copied: Sequence[np.ndarray] | None = None,
        target_lengths: np.ndarray | None = None,
        sequence_targets: TargetFunction | None = None,
        **options: Any,
    ):
        self._sources = sources
        self._copied = copied
        self._target_lengths = target_lengths
        self._sequence_targets = sequence_targets
        self._source_lengths = np.array([len(source.steps) for source in sources], np.int64)
        sizes = self._source_lengths
        if target_lengths is not None:
            sizes = np.maximum(sizes, target_lengths)
        names = [name for name in input_names if name not in SEQUENCE_INPUTS]
        super().__init__(sentences, preprocessor, names, sizes=sizes, **options)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        inputs = super().__getitem__(index)[0]
        place = index + self.done
        rows = self.rows[place]
        length = self.padded_length(place, self._source_lengths)
        if self._sources[rows[0]].characters.size:
            inputs[CHARACTER_STEPS] = padded([self._sources[i].characters for i in rows], length)
            inputs[WORD_PLACES] = padded([self._sources[i].places for i in rows], length)
        else:
            length = inputs["padding_mask"].shape[1]
        if self._copied is not None:
            inputs[SOURCE_IDS] = padded([self._copied[i] for i in rows], length)
        if self._target_lengths is None or self._sequence_targets is None:
            return (inputs,)
        time = self.padded_length(place, self._target_lengths)
        targets, weights = self._sequence_targets(rows, time)
        inputs[TARGET_IDS] = before(targets)
        return inputs, targets, weights


def padded_targets(targets: Sequence[np.ndarray], sample_weight: np.ndarray) -> TargetFunction:
    """Symbols of a batch and their weights, both `(batch, length)`; padding has the weight 0."""

    def batch(rows: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
        ids = padded([targets[row] for row in rows], length)
        lengths = np.array([len(targets[row]) for row in rows])
        real = np.arange(length) < lengths[:, None]
        return ids, (real * sample_weight[rows][:, None]).astype(np.float32)

    return batch


def before(targets: np.ndarray) -> np.ndarray:
    """The symbols before those of int `(batch, time)`: the begin, then all but the last."""
    begin = np.full_like(targets[:, :1], BOS_ID)
    return np.concatenate([begin, targets[:, :-1]], axis=1)
