"""A number for a sentence: a rating, a price, a degree."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from keras_elmo.batching.batches import TargetFunction
from keras_elmo.data.datasets import REGRESSION
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.layers.pooling import SequencePooling
from keras_elmo.runtime.texts import ReadsNumbers
from keras_elmo.tasks.described_task import Output
from keras_elmo.tasks.task import ElmoTask

if TYPE_CHECKING:
    from keras_elmo.export.task_graph import TaskGraph


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoTextRegressor(ReadsNumbers, ElmoTask):
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

    # === Description ===

    @property
    def graph_outputs(self) -> dict[str, Output]:
        return {"value": Output("(y − target_mean) / target_scale", ("texts", "value"))}

    # === Export ===

    def onnx_outputs(self, graph: "TaskGraph") -> dict[str, str]:
        return {"value": self.onnx_head(graph, self.onnx_vector(graph))}

    def onnx_vector(self, graph: "TaskGraph") -> str:
        """What the head reads, a value `(batch, features)`."""
        from keras_elmo.export.layers import encode, pool

        text = graph.text()
        return pool(graph, encode(graph, self, text), text, self.get_layer("pooling"))

    def onnx_head(self, graph: "TaskGraph", x: str) -> str:
        """The standardised number, on a value `(batch, features)`."""
        from keras_elmo.export.layers import dense

        return dense(graph, x, self.get_layer("value"))

    def exported_settings(self) -> dict[str, Any]:
        return {"target_mean": self.target_mean, "target_scale": self.target_scale}

    def get_config(self) -> dict[str, Any]:
        names = ("pooling", "target_mean", "target_scale")
        return super().get_config() | {name: getattr(self, name) for name in names}
