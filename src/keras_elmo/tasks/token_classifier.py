"""One label for each token: named entities, parts of speech, chunks."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_elmo.elmo.preprocessor import Sentences
from keras_elmo.tasks.batches import TargetFunction
from keras_elmo.tasks.task import ElmoTask


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoTokenClassifier(ElmoTask):
    """ELMo → BiLSTM → a softmax at every token; padding counts neither in loss nor in metrics.

    `x` holds token lists (or strings, which the preprocessor splits), `y` a list of tags for each
    of them. `predict` returns a list with float32 `(tokens, classes)` for each sentence.

    Args: see [`ElmoTask`][keras_elmo.tasks.task.ElmoTask].

    Example:
        ```python
        tagger = keras_elmo.ElmoTokenClassifier.from_preset(
            "elmo_mini_en", labels=["O", "B-PER"], mix="mean"
        )
        tagger.fit([["Ada", "smiled"]], [["B-PER", "O"]])
        tagger.predict_labels([["Grace", "laughed"]])
        ```
    """

    def build_outputs(self, x: Any, padding_mask: Any, num_classes: int) -> Any:
        # A Dense layer works on the last axis, so it is time-distributed as it is.
        return keras.layers.Dense(num_classes, "softmax", dtype="float32", name="tags")(x)

    def default_loss(self) -> keras.losses.Loss:
        # The mean over real tokens, however much padding stands beside them.
        return keras.losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")

    def target_function(
        self,
        sentences: list[list[str]],
        y: Sequence[Any],
        class_weight: Mapping[Any, float] | str | None,
        sample_weight: np.ndarray,
    ) -> TargetFunction:
        encoder = self.label_encoder
        for i, (tokens, tags) in enumerate(zip(sentences, y, strict=True)):
            if len(tokens) != len(tags):
                raise ValueError(
                    "A sentence needs one tag for each token. "
                    f"Received: sentence {i} with {len(tokens)} tokens and {len(tags)} tags"
                )
        targets = [encoder.encode(tags, f"sentence {i}, tag") for i, tags in enumerate(y)]
        counts = np.bincount(np.concatenate(targets), minlength=len(encoder.labels))
        table = encoder.class_weights(class_weight, counts)

        def batch(rows: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
            ids = np.zeros((len(rows), length), dtype=np.int32)
            weights = np.zeros((len(rows), length), dtype=np.float32)
            for k, row in enumerate(rows):
                tags = targets[row]
                ids[k, : len(tags)] = tags
                weights[k, : len(tags)] = table[tags] * sample_weight[row]
            return ids, weights

        return batch

    def collect(self, sentences: list[list[str]], outputs: list[np.ndarray]) -> list[np.ndarray]:
        return [output[: len(tokens)] for tokens, output in zip(sentences, outputs, strict=True)]

    def predict_labels(self, x: Sentences, **kwargs: Any) -> list[list[str]]:
        """The most probable tag of every token of each sentence."""
        return self.decode(self.predict(x, **kwargs))

    def decode(self, probabilities: Sequence[np.ndarray]) -> list[list[str]]:
        """Tags for what `predict` returned."""
        return [[self.labels[i] for i in tokens.argmax(axis=-1)] for tokens in probabilities]
