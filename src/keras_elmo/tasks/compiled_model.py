"""How a task is compiled, and what moves its weights when something else trains than before."""

import logging
from abc import abstractmethod
from typing import Any

import keras

from keras_elmo.fine_tuning.groups import groups_of, is_elmo
from keras_elmo.fine_tuning.learning_rates import (
    DECAY,
    ParameterGroup,
    default_optimizer,
    parameter_table,
)
from keras_elmo.fine_tuning.optimizer import (
    hand_over,
    has_one_rate,
    knows,
    scale_loss_as,
    use_optimizer,
)
from keras_elmo.fine_tuning.schedules import Rate, check_rate
from keras_elmo.tasks.keywords import COMPILE, check_keywords, parameter_names
from keras_elmo.tasks.sentence_model import SentenceModel

logger = logging.getLogger("keras_elmo")


class CompiledModel(SentenceModel):
    """A model of sentences with a default for everything that training needs."""

    _rates: dict[str, Any] | None = None  # of `optimizer="auto"`
    _told_of_one_rate = False

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
        learning_rate: Rate = 1e-3,
        elmo_learning_rate: Rate = 1e-5,
        elmo_rate_decay: float = DECAY,
        jit_compile: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        """Configure training; everything has a default.

        Args:
            optimizer: `"auto"` is Adam, and where ELMo trains an Adam for each of its layers; see
                [`discriminative_learning_rates`][keras_elmo.fine_tuning.learning_rates]. It is made
                anew when `fit` begins and other variables train than before; what still trains goes
                on with its state.
            loss: `"auto"` is the task's own.
            metrics: counted without weights, so over padding too where there are time steps.
            weighted_metrics: `"auto"` are the task's own; padding has no weight in them.
            learning_rate: of the head, with `optimizer="auto"`; a number or one of Keras's
                schedules, as are all rates.
            elmo_learning_rate: of ELMo's top layer, with `optimizer="auto"`.
            elmo_rate_decay: of each layer below, times that of the one above it.
            jit_compile: `"auto"` is XLA on JAX only: elsewhere each new length compiles anew.
        """
        known = [*parameter_names(CompiledModel.compile), *COMPILE]
        check_keywords(kwargs, known, "compile")
        self._rates: dict[str, Any] | None = None
        if optimizer == "auto":
            self._rates = {
                "learning_rate": check_rate(learning_rate, "`learning_rate`"),
                "elmo_learning_rate": check_rate(elmo_learning_rate, "`elmo_learning_rate`"),
                "elmo_rate_decay": elmo_rate_decay,
            }
            optimizer = self._own_optimizer()
        self._told_of_one_rate = False
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
        """As Keras's, with the present optimizer and the rates of `optimizer="auto"`.

        `jit_compile` is left out, as it depends on the backend.
        """
        if (config := super().get_compile_config()) is None:
            return None
        present = {"optimizer": self.optimizer, "rates": self._rates}
        present = {name: keras.saving.serialize_keras_object(x) for name, x in present.items()}
        return {key: value for key, value in config.items() if key != "jit_compile"} | present

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as a saved model was compiled, ready to take up its optimizer's state."""
        config = keras.saving.deserialize_keras_object(config)
        rates = config.pop("rates", None)
        self.compile(**config)
        self._rates = rates
        self.optimizer.build(self.trainable_variables)

    def make_train_function(self, force: bool = False) -> Any:
        """As Keras's, for what trains now: every call of `fit` and `train_on_batch` begins here."""
        self.renew_optimizer()
        return super().make_train_function(force)

    def renew_optimizer(self) -> None:
        """Make the optimizer anew where it does not fit what trains now.

        Raises:
            ValueError: it is not `"auto"`, and in use with other variables.
        """
        if (optimizer := self.optimizer) is None:
            return
        same = knows(optimizer, self.trainable_variables)
        one_rate = has_one_rate(optimizer) and any(
            is_elmo(name) for name in groups_of(self.trainable_variables)
        )
        if self._rates and (not same or one_rate):
            made = scale_loss_as(optimizer, self._own_optimizer())
            hand_over(optimizer, made, self.trainable_variables)
            use_optimizer(self, made)
        elif not same:
            raise ValueError(
                "`trainable` must not change under an optimizer that is in use, except "
                '`optimizer="auto"`: it cannot take up other variables. Received: a '
                f"{type(optimizer).__name__} of other variables than the "
                f"{len(self.trainable_variables)} that train now. Compile again with a new one: "
                "`task.compile(optimizer=...)`."
            )
        elif one_rate and not self._told_of_one_rate:
            self._told_of_one_rate = True
            logger.warning(
                "ELMo trains at the rate of the head, which is mostly too high for it. Its own: "
                "task.compile(optimizer=keras_elmo.discriminative_learning_rates(task))"
            )

    def _own_optimizer(self) -> keras.optimizers.Optimizer:
        """That of `optimizer="auto"`."""
        rates = self._rates or {}
        names = ("learning_rate", "elmo_learning_rate", "elmo_rate_decay")
        return default_optimizer(self, *(rates[name] for name in names))

    def parameter_table(self) -> list[ParameterGroup]:
        """Groups of parameters with their number, whether they train, and at which rate."""
        if self._rates:
            self.renew_optimizer()
        return parameter_table(self)
