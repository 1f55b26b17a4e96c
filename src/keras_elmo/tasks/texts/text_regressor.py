"""A number for a sentence: a rating, a price, a degree."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_elmo.batching.batches import TargetFunction
from keras_elmo.data.datasets import REGRESSION
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.layers.pooling import SequencePooling
from keras_elmo.metrics.no_better import than_the_mean
from keras_elmo.metrics.regression import regression_report
from keras_elmo.tasks.described_task import Output
from keras_elmo.tasks.gate import Examples
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.text.rows import as_rows


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoTextRegressor(ElmoTask):
    r"""ELMo → BiLSTM → pooling → a number.

    `y` is a number a sentence, of any scale. The network learns $(y - m) / s$ with the mean $m$ and
    the standard deviation $s$ of what the first `fit` trains on, and the loss is the mean squared
    error of that. `predict`, and the measures `mae` and `rmse`, are on the scale of `y`.

    Args:
        backbone: the ELMo.
        pooling: as of
            [`ElmoTextClassifier`][keras_elmo.tasks.texts.text_classifier.ElmoTextClassifier].
        target_mean, target_scale: $m$ and $s$; None: the first `fit` sets them.
        kwargs: see [`ElmoTask`][keras_elmo.tasks.task.ElmoTask]; there are no labels.

    Example:
        ```python
        regressor = keras_elmo.ElmoTextRegressor.from_preset("elmo_mini_en")
        regressor.fit(["a joy to watch", "two lost hours"], [4.5, 1.0])
        regressor.predict(["what a joy"])  # float64 (1,)
        ```
    """

    kinds = (REGRESSION,)
    view, rank = "value", "error"
    has_classes = False

    def __init__(
        self,
        backbone: ElmoBackbone,
        *,
        pooling: str = "max",
        target_mean: float | None = None,
        target_scale: float | None = None,
        **kwargs: Any,
    ):
        if kwargs.get("labels") or kwargs.get("num_classes"):
            raise ValueError("a number has no classes. Received: labels or num_classes")
        self._pooling = pooling
        super().__init__(backbone, **kwargs)
        self.pooling = pooling
        self.target_mean, self.target_scale = target_mean, target_scale

    def build_outputs(self, x: Any, padding_mask: Any, num_classes: int) -> Any:
        x = SequencePooling(self._pooling, name="pooling")(x, mask=padding_mask)
        return self.build_head(x, num_classes)

    def build_head(self, x: Any, num_classes: int) -> Any:
        """The standardised number, on float `(batch, features)`."""
        return keras.layers.Dense(1, dtype="float32", name="value")(x)

    def default_loss(self) -> keras.losses.Loss:
        return keras.losses.MeanSquaredError()

    def default_metrics(self) -> list[Any]:
        return [
            keras.metrics.MeanAbsoluteError(name="mae"),
            keras.metrics.RootMeanSquaredError(name="rmse"),
        ]

    def get_metrics_result(self):
        """Keras's own, on the scale of `y`."""
        scale = self._standard[1]
        found = super().get_metrics_result()
        return {k: v * scale if k in ("mae", "rmse") else v for k, v in found.items()}

    def prepare(self, sentences: Sequence[Any], y: Sequence[Any]) -> None:
        """Set mean and scale, unless they are set already.

        Raises:
            ValueError: targets that are all the same, or no numbers.
        """
        super().prepare(sentences, y)
        if self.target_scale is not None:
            return
        values = np.asarray(y)
        if values.min() == values.max():
            raise ValueError(
                f"`y` must hold different numbers. Received: {values[0]} for all {len(values)} "
                "sentences, which leaves nothing to learn."
            )
        self.target_mean, self.target_scale = float(values.mean()), float(values.std())
        # Keras's compiled steps have the scale of before.
        self.train_function = self.test_function = None

    def target_function(
        self,
        sentences: list[list[str]],
        y: Sequence[Any],
        class_weight: Mapping[Any, float] | str | None,
        sample_weight: Any,
    ) -> TargetFunction:
        if class_weight is not None:
            raise ValueError(
                f"numbers have no classes to weigh. Received: class_weight={class_weight!r}. "
                "Use `sample_weight`."
            )
        mean, scale = self._standard
        targets = ((np.asarray(y) - mean) / scale).astype(np.float32)[:, None]
        weights = np.asarray(sample_weight, np.float32)
        return lambda rows, length: (targets[rows], weights[rows])

    def read_targets(self, y: Any, sentences: Sequence[Any]) -> list[float]:
        return numbers(y).tolist()

    def collect(self, sentences: list[list[str]], outputs: list[Any]) -> np.ndarray:
        mean, scale = self._standard
        return super().collect(sentences, outputs)[:, 0].astype(np.float64) * scale + mean

    @property
    def _standard(self) -> tuple[float, float]:
        """Mean and scale; before the first `fit` those that change nothing."""
        if self.target_mean is None or self.target_scale is None:
            return 0.0, 1.0
        return self.target_mean, self.target_scale

    # === Description ===

    @property
    def graph_outputs(self) -> dict[str, Output]:
        return {"value": Output("(y − target_mean) / target_scale", ("texts", "value"))}

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

    def get_config(self) -> dict[str, Any]:
        names = ("pooling", "target_mean", "target_scale")
        return super().get_config() | {name: getattr(self, name) for name in names}


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
