"""How a task is compiled: its defaults."""

from abc import abstractmethod
from typing import Any

import keras

from keras_elmo.fine_tuning.learning_rates import (
    CLIP_NORM,
    DECAY,
    ParameterGroup,
    discriminative_learning_rates,
    parameter_table,
)
from keras_elmo.tasks.sentence_model import SentenceModel


class CompiledModel(SentenceModel):
    """A model of sentences with a default for everything that training needs."""

    @abstractmethod
    def default_loss(self) -> keras.losses.Loss | None:
        """The loss of `compile(loss="auto")`."""

    def default_metrics(self) -> list[Any]:
        """The metrics of `compile(weighted_metrics="auto")`."""
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]

    def compile(
        self,
        optimizer: Any = "auto",
        loss: Any = "auto",
        *,
        metrics: Any = None,
        weighted_metrics: Any = "auto",
        learning_rate: float = 1e-3,
        elmo_learning_rate: float = 1e-5,
        elmo_rate_decay: float = DECAY,
        jit_compile: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        """Configure training; everything has a default.

        Args:
            optimizer: `"auto"` is Adam, and where ELMo trains an Adam for each of its layers; see
                [`discriminative_learning_rates`][keras_elmo.fine_tuning.learning_rates].
            loss: `"auto"` is the task's own.
            metrics: counted without weights, so over padding too where there are time steps.
            weighted_metrics: `"auto"` are the task's own; padding has no weight in them.
            learning_rate: of the head, with `optimizer="auto"`.
            elmo_learning_rate: of ELMo's top layer, with `optimizer="auto"`.
            elmo_rate_decay: of each layer below, times that of the one above it.
            jit_compile: `"auto"` is XLA on JAX only: elsewhere each new length compiles anew.
        """
        if optimizer == "auto" and self.backbone.trainable:
            optimizer = discriminative_learning_rates(
                self, learning_rate, elmo_learning_rate, elmo_rate_decay
            )
        elif optimizer == "auto":
            optimizer = keras.optimizers.Adam(learning_rate, global_clipnorm=CLIP_NORM)
        if weighted_metrics == "auto":
            weighted_metrics = self.default_metrics()
        if jit_compile == "auto":
            jit_compile = keras.config.backend() == "jax"
        super().compile(
            optimizer=optimizer,
            loss=self.default_loss() if loss == "auto" else loss,
            metrics=metrics,
            weighted_metrics=weighted_metrics,
            jit_compile=jit_compile,
            **kwargs,
        )

    def get_compile_config(self) -> dict[str, Any] | None:
        """As Keras's, but without `jit_compile`, which depends on the backend."""
        config = super().get_compile_config()
        return config and {key: value for key, value in config.items() if key != "jit_compile"}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as a saved model was compiled, ready to take up its optimizer's state."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def parameter_table(self) -> list[ParameterGroup]:
        """Groups of parameters with their number, whether they train, and at which rate."""
        return parameter_table(self)
