"""One label (or several) for a sentence: sentiment, topic, intent."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import keras
import numpy as np

from keras_elmo.batching.batches import SentenceBatches, TargetFunction
from keras_elmo.data.datasets import CLASSIFICATION, MULTI_LABEL, Dataset
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.layers.cumulative_link import CumulativeLink
from keras_elmo.layers.pooling import SequencePooling
from keras_elmo.metrics.calibration import best_thresholds, fit_temperature, tempered
from keras_elmo.runtime.ngram_bayes import NGramBayes
from keras_elmo.runtime.texts import ReadsClasses
from keras_elmo.tasks.described_task import Output
from keras_elmo.tasks.gate import read_examples, read_validation
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.text.sentence_encoder import Sentences
from keras_elmo.weights.checksums import check_file
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.sources.presets import NGRAMS_FILE

if TYPE_CHECKING:
    from keras_elmo.export.task_graph import TaskGraph


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoTextClassifier(ReadsClasses, ElmoTask):
    """ELMo → BiLSTM → pooling → classes.

    `y` is a label a sentence; with `multi_label` a list of labels, or a matrix of 0 and 1,
    `(sentences, classes)`. An integer that is a label means that label; where no label is a number
    it is the number of a class. `predict` returns probabilities, float32 `(sentences, classes)`.

    Args:
        backbone: the ELMo.
        pooling: how the BiLSTM's outputs become one vector: `"last"` state, `"max"`, `"mean"` or
            `"attention"`, see [`SequencePooling`][keras_elmo.layers.pooling.SequencePooling].
        multi_label: several labels may be true; each gets its own probability.
        ordinal: the classes have an order, `labels` from the lowest to the highest; see
            [`CumulativeLink`][keras_elmo.layers.cumulative_link.CumulativeLink].
        temperature: divides the logits behind the probabilities that `predict` returns; see
            `calibrate`.
        thresholds: with `multi_label`, the probability from which on each label is given: one
            for all, or one for each.
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

    kinds = (CLASSIFICATION, MULTI_LABEL)

    def __init__(
        self,
        backbone: ElmoBackbone,
        *,
        pooling: str = "max",
        multi_label: bool = False,
        ordinal: bool = False,
        temperature: float = 1.0,
        thresholds: float | Sequence[float] = 0.5,
        **kwargs: Any,
    ):
        if multi_label and ordinal:
            raise ValueError("classes are several or in an order. Received: multi_label, ordinal")
        self._pooling, self._multi_label, self._ordinal = pooling, multi_label, ordinal
        super().__init__(backbone, **kwargs)
        self.pooling = pooling
        self.multi_label = multi_label
        self.ordinal = ordinal
        self.temperature = temperature
        self.thresholds = thresholds
        self.ngrams: NGramBayes | None = None

    def build_outputs(self, x: Any, padding_mask: Any, num_classes: int) -> Any:
        x = SequencePooling(self._pooling, name="pooling")(x, mask=padding_mask)
        return self.build_head(x, num_classes)

    def build_head(self, x: Any, num_classes: int) -> Any:
        """The probabilities, on float `(batch, features)`."""
        if self._ordinal:
            return CumulativeLink(num_classes, name="classes")(x)
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
        sample_weight: Any,
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
        weights = (weights * np.asarray(sample_weight)).astype(np.float32)
        return lambda rows, length: (targets[rows], weights[rows])

    def read_targets(self, y: Any, sentences: Sequence[Any]) -> list[Any]:
        if self.multi_label:
            return self.label_encoder.read_sets(y)
        return super().read_targets(y, sentences)

    def add_ngrams(
        self,
        x: Sentences,
        y: Any,
        validation_data: Any,
        *,
        batch_size: int = 32,
    ) -> None:
        """Let naive Bayes on n-grams have a say in what `predict` returns.

        It knows the words of the training data that ELMo has hardly met; on small sets both
        together are often better than either. See
        [`NGramTable`][keras_elmo.runtime.ngram_bayes.NGramTable] for the formula. Keras's
        `evaluate` goes on to measure the network alone.

        Args:
            x, y: what `fit` trained on.
            validation_data: `(x, y)` of other sentences, on which the network and the n-grams get
                their weights, those that make `y` most probable.
            batch_size: as of `predict`.

        Raises:
            ValueError: the task has several labels, or pairs of texts; there are no sentences, or
                not as many labels.
        """
        self.check_takes_ngrams()
        train = read_examples(self, x, y)
        held_out = read_validation(self, validation_data)
        ngrams = NGramBayes.fit(train.x, self.label_encoder.encode(train.y), len(self.labels))
        targets = self.label_encoder.encode(held_out.y)
        self.ngrams, self.temperature = None, 1.0
        probabilities = self.collect(held_out.x, self.sentence_outputs(held_out.x, batch_size))
        ngrams.fit_weights(probabilities, held_out.x, targets)
        self.ngrams = ngrams

    def check_takes_ngrams(self) -> None:
        """Raise what `add_ngrams` would, before a long training."""
        if self.multi_label or self.batch_type is not SentenceBatches:
            kind = "several labels" if self.multi_label else "pairs of texts"
            raise ValueError(f"n-grams are for one label of one text. Received: {kind}")

    def calibrate(self, x: Sentences, y: Any, *, batch_size: int = 32) -> None:
        """Make probabilities mean what they say, on sentences that were not trained on.

        Sets `temperature` to the one that makes `y` most probable (Guo et al. 2017), which changes
        no label; with `multi_label` also `thresholds`, to those with the highest F1 of each label.

        Args:
            x, y: sentences and labels, as of `fit`.
            batch_size: as of `predict`.
        """
        several, encoder = self.multi_label, self.label_encoder
        examples = read_examples(self, x, y)
        targets = encoder.encode_sets(examples.y) if several else encoder.encode(examples.y)
        self.temperature = 1.0
        raw = self.collect(examples.x, self.sentence_outputs(examples.x, batch_size))
        self.temperature = fit_temperature(raw, targets, several=several)
        if several:
            shares = tempered(raw, self.temperature, several=True)
            self.thresholds = best_thresholds(shares, targets)

    # === Description ===

    @classmethod
    def for_dataset(cls, dataset: Dataset, backbone: ElmoBackbone, **arguments: Any) -> Self:
        """See `DescribedTask`; lists of labels say that a text may have several."""
        arguments["multi_label"] = isinstance(dataset.labels[0], list)
        return super().for_dataset(dataset, backbone, **arguments)

    @property
    def graph_outputs(self) -> dict[str, Output]:
        return {"classes": Output("the probability of each label", ("texts", "labels"))}

    # === Export ===

    def onnx_outputs(self, graph: "TaskGraph") -> dict[str, str]:
        return {"classes": self.onnx_head(graph, self.onnx_vector(graph))}

    def onnx_vector(self, graph: "TaskGraph") -> str:
        """What the head reads, a value `(batch, features)`."""
        from keras_elmo.export.layers import encode, pool

        text = graph.text()
        return pool(graph, encode(graph, self, text), text, self.get_layer("pooling"))

    def onnx_head(self, graph: "TaskGraph", x: str) -> str:
        """The probabilities, on a value `(batch, features)`."""
        from keras_elmo.export.layers import cumulative_link, dense

        head = self.get_layer("classes")
        if self.ordinal:
            return cumulative_link(graph, x, head)
        return dense(graph, x, head, "sigmoid" if self.multi_label else "softmax")

    def exported_settings(self) -> dict[str, Any]:
        names = ("multi_label", "ordinal", "temperature", "thresholds")
        return super().exported_settings() | {name: getattr(self, name) for name in names}

    # === Files ===

    def get_config(self) -> dict[str, Any]:
        names = ("pooling", "multi_label", "ordinal", "temperature", "thresholds")
        return super().get_config() | {name: getattr(self, name) for name in names}

    def save_assets(self, folder: str | PathLike[str]) -> None:
        """Write the n-grams, if there are some; Keras's `save` calls this, too."""
        if self.ngrams:
            self.ngrams.save(Path(folder) / NGRAMS_FILE)

    def load_assets(self, folder: str | PathLike[str] | None) -> None:
        """Read what `save_assets` wrote."""
        path = Path(folder) / NGRAMS_FILE if folder else None
        self.ngrams = None
        if path and path.is_file():
            check_file(path)
            self.ngrams = NGramBayes.load(path, WeightsError)
