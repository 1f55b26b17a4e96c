"""One label (or several) for a sentence: sentiment, topic, intent."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import Sentences
from keras_elmo.layers.pooling import SequencePooling
from keras_elmo.tasks.batches import TargetFunction
from keras_elmo.tasks.task import ElmoTask


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoTextClassifier(ElmoTask):
    """ELMo → BiLSTM → pooling → classes.

    `y` is a label a sentence, by name or class number; with `multi_label` a list of labels.
    `predict` returns probabilities, float32 `(sentences, classes)`.

    Args:
        backbone: the ELMo.
        pooling: how the BiLSTM's outputs become one vector: `"last"` state, `"max"`, `"mean"` or
            `"attention"`, see [`SequencePooling`][keras_elmo.layers.pooling.SequencePooling].
        multi_label: several labels may be true; each gets its own probability.
        kwargs: see [`ElmoTask`][keras_elmo.tasks.task.ElmoTask].

    Example:
        ```python
        classifier = keras_elmo.ElmoTextClassifier.from_preset(
            "elmo_mini_en", labels=["negative", "positive"], mix="concat"
        )
        classifier.fit(["a joy to watch", "two lost hours"], ["positive", "negative"])
        classifier.predict_labels(["what a joy"])
        ```
    """

    def __init__(
        self,
        backbone: ElmoBackbone,
        *,
        pooling: str = "max",
        multi_label: bool = False,
        **kwargs: Any,
    ):
        self._pooling, self._multi_label = pooling, multi_label
        super().__init__(backbone, **kwargs)
        self.pooling = pooling
        self.multi_label = multi_label

    def build_outputs(self, x: Any, padding_mask: Any, num_classes: int) -> Any:
        x = SequencePooling(self._pooling, name="pooling")(x, mask=padding_mask)
        activation = "sigmoid" if self._multi_label else "softmax"
        return keras.layers.Dense(num_classes, activation, dtype="float32", name="classes")(x)

    def default_loss(self) -> keras.losses.Loss:
        if self._multi_label:
            return keras.losses.BinaryCrossentropy()
        return keras.losses.SparseCategoricalCrossentropy()

    def default_metrics(self) -> list[Any]:
        if self._multi_label:
            return [keras.metrics.BinaryAccuracy(name="accuracy")]
        return super().default_metrics()

    def target_function(
        self,
        sentences: list[list[str]],
        y: Sequence[Any],
        class_weight: Mapping[Any, float] | str | None,
        sample_weight: np.ndarray,
    ) -> TargetFunction:
        encoder = self.label_encoder
        if self.multi_label:
            targets = encoder.encode_sets(y)  # (sentences, classes)
            table = encoder.class_weights(class_weight, targets.sum(axis=0))
            # A sentence weighs as much as its labels do on average.
            weights = (targets @ table) / np.maximum(targets.sum(axis=1), 1.0)
            weights = np.where(targets.any(axis=1), weights, 1.0)
        else:
            targets = encoder.encode(y)
            counts = np.bincount(targets, minlength=len(encoder.labels))
            weights = encoder.class_weights(class_weight, counts)[targets]
        weights = (weights * sample_weight).astype(np.float32)
        return lambda rows, length: (targets[rows], weights[rows])

    def predict_labels(
        self, x: Sentences, *, threshold: float = 0.5, **kwargs: Any
    ) -> list[str] | list[list[str]]:
        """The most probable label of each sentence; with `multi_label` all above `threshold`."""
        return self.decode(self.predict(x, **kwargs), threshold)

    def decode(self, probabilities: np.ndarray, threshold: float = 0.5) -> Any:
        """Labels for what `predict` returned."""
        if self.multi_label:
            chosen = probabilities >= threshold
            return [[self.labels[i] for i in np.flatnonzero(row)] for row in chosen]
        return [self.labels[i] for i in probabilities.argmax(axis=-1)]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"pooling": self.pooling, "multi_label": self.multi_label}
