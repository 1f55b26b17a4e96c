"""Exported taggers."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_elmo.data.datasets import JOINT, TAGGING
from keras_elmo.runtime.columns import ReadsColumns, SentenceReader
from keras_elmo.runtime.exported_model import ExportedModel
from keras_elmo.runtime.tags import ReadsTags, TagReader
from keras_elmo.text.chain import messages
from keras_elmo.text.labels import LabelEncoder


class ExportedTags(TagReader):
    """Reads the scores of a CRF, or probabilities.

    Args:
        name: of the column.
        encoder: of its labels.
        scheme: see `TagReader`.
        crf: `start`, `transitions` and `end` as lists, or None.
    """

    def __init__(
        self,
        name: str,
        encoder: LabelEncoder,
        scheme: str | None,
        crf: Mapping[str, Any] | None,
    ) -> None:
        super().__init__(name, encoder, scheme)
        count = len(encoder.labels)
        shapes = {"start": (count,), "transitions": (count, count), "end": (count,)}
        self._crf = None
        if crf is not None:
            parts = {part: np.array(crf[part], np.float32) for part in shapes}
            if any(parts[part].shape != shape for part, shape in shapes.items()):
                raise ValueError(f"the CRF of {name!r} must have scores for {count} labels")
            self._crf = parts

    def transitions(self) -> np.ndarray | None:
        return None if self._crf is None else self._crf["transitions"]

    def with_marginals(self, outputs: list[dict[str, Any]]) -> None:
        """Make potentials and probabilities of the scores in the outputs of some sentences."""
        if self._crf is None:
            return
        name = f"{self.name}_potentials"
        for output in outputs:
            rows = output[name] = np.array(output.pop(f"{self.name}_scores"))
            if len(rows):
                rows[0] += self._crf["start"]
                rows[-1] += self._crf["end"]
        chains = messages([output[name] for output in outputs], self._crf["transitions"])
        for output, chain in zip(outputs, chains, strict=True):
            empty = len(output[name]) == 0
            output[self.name] = output[name] if empty else chain.marginals()


def _tag_reader(
    model: ExportedModel, name: str, labels: Any, scheme: str | None, crf: Mapping[str, Any]
) -> ExportedTags:
    own = crf.get(name)
    encoder = model.label_encoder_of(labels, name if own is None else f"{name}_scores")
    return ExportedTags(name, encoder, scheme, own)


class ExportedTagger(ReadsTags, ExportedModel):
    """A tag at each token."""

    kinds = (TAGGING,)

    def take_settings(self, settings: Mapping[str, Any]) -> None:
        self._tags = _tag_reader(
            self, "tags", settings["labels"], settings["scheme"], settings["crf"]
        )

    def sentence_outputs(self, sentences: list[Any], batch_size: int = 32) -> list[Any]:
        outputs = super().sentence_outputs(sentences, batch_size)
        self._tags.with_marginals(outputs)
        return outputs


class ExportedJointTagger(ReadsColumns, ExportedModel):
    """Tags in several columns, and labels of the sentence."""

    kinds = (JOINT,)

    def take_settings(self, settings: Mapping[str, Any]) -> None:
        schemes, crf = settings["schemes"], settings["crf"]
        self.tag_heads = {
            name: _tag_reader(self, name, labels, schemes.get(name), crf)
            for name, labels in settings["labels"].items()
        }
        self.sentence_heads = {
            name: SentenceReader(name, self.label_encoder_of(labels, name))
            for name, labels in settings["sentence_labels"].items()
        }

    @property
    def labels(self) -> list[Any]:
        return next(iter(self.tag_heads.values())).encoder.labels

    def sentence_outputs(self, sentences: list[Any], batch_size: int = 32) -> list[Any]:
        outputs = super().sentence_outputs(sentences, batch_size)
        for head in self.tag_heads.values():
            head.with_marginals(outputs)
        return outputs
