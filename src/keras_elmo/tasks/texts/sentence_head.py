"""A label of the whole sentence beside tags: how it is built, trained on and read."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_elmo.batching.batches import TargetFunction
from keras_elmo.layers.pooling import SequencePooling
from keras_elmo.runtime.columns import SentenceReader
from keras_elmo.tasks.described_task import Output
from keras_elmo.text.labels import LabelEncoder


class SentenceHead(SentenceReader):
    """A softmax over the pooled encoder.

    Args:
        name: of the output and its layers.
        encoder: of the labels.
        pooling: see [`SequencePooling`][keras_elmo.layers.pooling.SequencePooling].
    """

    def __init__(self, name: str, encoder: LabelEncoder, pooling: str):
        super().__init__(name, encoder)
        self.pooling = pooling

    def build(self, x: Any, padding_mask: Any) -> Any:
        """The probabilities, on the encoder's float `(batch, tokens, features)`."""
        pooled = SequencePooling(self.pooling, name=f"{self.name}_pooling")(x, mask=padding_mask)
        classes = len(self.encoder.labels)
        return keras.layers.Dense(classes, "softmax", dtype="float32", name=self.name)(pooled)

    def loss(self, outputs: Any, labels: Any, padding_mask: Any, weights: Any = None) -> Any:
        """Minus the log-probability of the label, a sentence on average."""
        return keras.losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")(
            labels, self.probabilities(outputs), weights
        )

    def metrics(self) -> list[keras.metrics.Metric]:
        """Accuracy."""
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]

    def targets(
        self,
        sentences: Sequence[Sequence[str]],
        y: Sequence[Any],
        class_weight: Mapping[Any, float] | str | None,
        sample_weight: Sequence[float],
    ) -> TargetFunction:
        """See [`SentenceModel`][keras_elmo.tasks.sentence_model.SentenceModel]."""
        targets = self.encoder.encode(y, f"{self.name} of sentence")
        counts = np.bincount(targets, minlength=len(self.encoder.labels))
        table = self.encoder.class_weights(class_weight, counts)
        weights = (table[targets] * np.asarray(sample_weight)).astype(np.float32)
        return lambda rows, length: (targets[rows], weights[rows])

    # === Description ===

    @property
    def graph_outputs(self) -> dict[str, Output]:
        """See [`DescribedTask`][keras_elmo.tasks.described_task.DescribedTask]."""
        return {self.name: Output("the probability of each label", ("texts", "labels"))}
