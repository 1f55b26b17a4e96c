"""What is read from the outputs of a network on whole texts: their classes or their numbers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_elmo.metrics.calibration import expected_calibration_error, tempered
from keras_elmo.metrics.classification import classification_report, multi_label_report
from keras_elmo.metrics.no_better import than_one_label, than_the_mean
from keras_elmo.metrics.regression import regression_report
from keras_elmo.runtime.described import Predicts, mistake, rounded
from keras_elmo.runtime.examples import Examples
from keras_elmo.runtime.ngram_bayes import NGramBayes
from keras_elmo.text.labels import LabelEncoder
from keras_elmo.text.rows import as_rows
from keras_elmo.text.sentence_encoder import Sentences

if TYPE_CHECKING:
    Base = Predicts
else:
    Base = object  # Keras makes a functional model of a class with one line of ancestors only


class ReadsClasses(Base):
    """Reads the probabilities of classes.

    Attributes:
        label_encoder: of the classes.
        multi_label: whether a text may have several.
        temperature: divides the logits behind the probabilities.
        thresholds: with `multi_label`, the probability from which on a label is given.
        ngrams: what n-grams say besides; or None.
    """

    view = "classes"
    label_encoder: LabelEncoder
    multi_label: bool
    temperature: float
    thresholds: float | Sequence[float]
    ngrams: NGramBayes | None

    def collect(self, sentences: list[list[str]], outputs: list[Any]) -> np.ndarray:
        shape = (0, len(self.labels))
        probabilities = np.stack(outputs) if outputs else np.zeros(shape, np.float32)
        if self.ngrams and sentences:
            probabilities = self.ngrams.combine(probabilities, sentences)
        return tempered(probabilities, self.temperature, several=self.multi_label)

    def predict_labels(
        self, x: Sentences, *, threshold: float | Sequence[float] | None = None, **kwargs: Any
    ) -> list[Any]:
        """The most probable label of each sentence; with `multi_label` all from a threshold on.

        They are of the type that `labels` has.
        """
        return self.decode(self.predict(x, **kwargs), threshold)

    def decode(
        self, probabilities: np.ndarray, threshold: float | Sequence[float] | None = None
    ) -> Any:
        """Labels for what `predict` returned; None takes the model's own `thresholds`."""
        if self.multi_label:
            chosen = probabilities >= np.asarray(
                self.thresholds if threshold is None else threshold
            )
            return [self.label_encoder.decode(np.flatnonzero(row)) for row in chosen]
        return self.label_encoder.decode(probabilities.argmax(axis=-1))

    def gold(self, examples: Examples) -> list[Any]:
        if self.multi_label:
            return examples.y
        return self.label_encoder.decode(self.label_encoder.encode(examples.y))

    def measures(self, examples: Examples, *, batch_size: int) -> dict[str, Any]:
        """The measures of classes.

        Returns:
            Of one label accuracy, calibration_error, macro_f1, micro_f1, per_class, labels and
            confusion_matrix (rows are gold); of several what `multi_label_report` returns.
        """
        x, gold = examples.x, self.gold(examples)
        shares = self.collect(x, self.sentence_outputs(x, batch_size))
        predicted = self.decode(shares)
        if self.multi_label:
            return {**multi_label_report(gold, predicted, self.labels)}
        error = expected_calibration_error(shares, self.label_encoder.encode(gold))
        report = classification_report(gold, predicted, self.labels)
        return {"accuracy": report["accuracy"], "calibration_error": error, **report}

    def no_better_than(self, measures: Mapping[str, Any], gold: Any) -> str:
        """See `than_one_label`."""
        return than_one_label(measures)

    def records_of(self, texts: list[Any], *, batch_size: int) -> Iterator[dict[str, Any]]:
        """Of each text `label`, or `labels`, and `probabilities` by label."""
        probabilities = self.predict(texts, batch_size=batch_size)
        key = "labels" if self.multi_label else "label"
        for text, row, label in zip(texts, probabilities, self.decode(probabilities), strict=True):
            shares = dict(zip(self.labels, rounded(row), strict=True))
            yield {**self.shown(text), key: label, "probabilities": shares}

    def mistake(self, record: dict[str, Any], gold: Any) -> dict[str, Any] | None:
        shares = record["probabilities"]
        if not self.multi_label:
            label = record["label"]
            return mistake(gold, label, [shares[label]] if label != gold else [])
        predicted, wanted = record["labels"], set(gold)
        wrong = [shares[label] for label in predicted if label not in wanted]
        wrong += [1.0 - shares[label] for label in wanted if label not in predicted]
        return mistake(gold, predicted, wrong)


class ReadsNumbers(Base):
    """Reads standardised numbers.

    Attributes:
        target_mean, target_scale: mean and standard deviation of what was trained on.
    """

    view, rank = "value", "error"
    target_mean: float | None
    target_scale: float | None

    def read_targets(self, y: Any, sentences: Sequence[Any]) -> list[float]:
        return numbers(y).tolist()

    def collect(self, sentences: list[list[str]], outputs: list[Any]) -> np.ndarray:
        mean, scale = self._standard
        values = np.stack(outputs)[:, 0] if outputs else np.zeros(0)
        return values.astype(np.float64) * scale + mean

    @property
    def _standard(self) -> tuple[float, float]:
        """Mean and scale; before the first `fit` those that change nothing."""
        if self.target_mean is None or self.target_scale is None:
            return 0.0, 1.0
        return self.target_mean, self.target_scale

    def measures(self, examples: Examples, *, batch_size: int) -> dict[str, Any]:
        """What `regression_report` returns."""
        found = self.collect(examples.x, self.sentence_outputs(examples.x, batch_size))
        return {**regression_report(examples.y, found)}

    def no_better_than(self, measures: Mapping[str, Any], gold: Any) -> str:
        """See `than_the_mean`."""
        return than_the_mean(measures, numbers(gold))

    def records_of(self, texts: list[Any], *, batch_size: int) -> Iterator[dict[str, Any]]:
        """Of each text its `value`."""
        rows = zip(texts, self.predict(texts, batch_size=batch_size), strict=True)
        return ({**self.shown(text), "value": float(value)} for text, value in rows)

    def mistake(self, record: dict[str, Any], gold: float) -> dict[str, Any] | None:
        """All that is not exactly right, with its `error`: predicted less gold."""
        value = record["value"]
        if value == gold:
            return None
        return {"gold": gold, "predicted": value, "error": value - gold}


def numbers(y: Any) -> np.ndarray:
    """Targets as float64 `(len(y),)`.

    Args:
        y: them, in any container; a column `(n, 1)` too.

    Raises:
        ValueError: something that is no finite number.
    """
    rows = as_rows(y, "y")
    values = np.empty(len(rows), np.float64)
    for i, value in enumerate(rows):
        if isinstance(value, list) and len(value) == 1:
            [value] = value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (is_number and np.isfinite(value)):
            raise ValueError(f"`y` must hold finite numbers. Received: {value!r:.80} as target {i}")
        values[i] = value
    return values
