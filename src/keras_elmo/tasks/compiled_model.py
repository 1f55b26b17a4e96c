"""How a task is compiled, and what moves its weights when something else trains than before."""

import logging
from abc import abstractmethod
from dataclasses import replace
from os import PathLike
from typing import Any

import keras

from keras_elmo.elmo.cloning import refuse_to_clone
from keras_elmo.fine_tuning.groups import groups_of, is_elmo
from keras_elmo.fine_tuning.learning_rates import (
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
from keras_elmo.fine_tuning.recipes import Recipe, get_recipe
from keras_elmo.fine_tuning.schedules import Rate, check_rate
from keras_elmo.runtime.keywords import COMPILE, check_keywords, parameter_names
from keras_elmo.tasks.limits import ONNX, SAVED_MODEL, check_export
from keras_elmo.tasks.sentence_model import SentenceModel

logger = logging.getLogger("keras_elmo")
RATES = ("learning_rate", "elmo_learning_rate", "elmo_rate_decay")


class CompiledModel(SentenceModel):
    """A model of sentences with a default for everything that training needs."""

    rates: dict[str, Any] | None = None  # of `optimizer="auto"`
    _warned_of_one_rate = False

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
        recipe: Recipe | str | None = None,
        learning_rate: Rate | str = "auto",
        elmo_learning_rate: Rate | str = "auto",
        elmo_rate_decay: float | str = "auto",
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
            recipe: which layers train when and at which rates: `"frozen"`, `"slight"`, `"full"`,
                or a [`Recipe`][keras_elmo.fine_tuning.recipes.Recipe]. Its stages begin with each
                `fit`. None trains what is trainable, all the time.
            learning_rate: rate of the head, mixes and word vectors, a number or one of Keras's
                schedules, as are all rates; `"auto"` is the recipe's, or without one 1e-3.
            elmo_learning_rate: rate of ELMo's top layer; `"auto"` likewise, or 1e-4.
            elmo_rate_decay: the rate of each layer below is that of the one above it times this;
                `"auto"` likewise, or 1 / 2.6.
            jit_compile: `"auto"` is XLA on JAX only: elsewhere each new length compiles anew.

        Raises:
            ValueError: a recipe or rates beside another optimizer than `"auto"`; a rate that is
                neither a number of at least 0 nor a schedule.
        """
        known = [*parameter_names(CompiledModel.compile), *COMPILE]
        check_keywords(kwargs, known, "compile")
        given = dict(zip(RATES, (learning_rate, elmo_learning_rate, elmo_rate_decay), strict=True))
        given = {name: rate for name, rate in given.items() if rate != "auto"}
        self.recipe, self.rates = None, None
        if optimizer == "auto":
            rates = {name: check_rate(rate, f"`{name}`") for name, rate in given.items()}
            self.use_recipe(replace(get_recipe(recipe or Recipe()), **rates))
            self.recipe = self.recipe if recipe else None
            optimizer = self._own_optimizer()
        elif recipe or given:
            raise ValueError(
                "a recipe and rates are of the optimizer that a task makes itself. Received: "
                f"{', '.join(given) or 'recipe'} beside optimizer={optimizer!r}. Leave one out."
            )
        self._warned_of_one_rate = False
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

    def use_recipe(self, recipe: Recipe | str | None) -> None:
        """Train by another recipe from now on; loss and metrics stay what they are.

        Args:
            recipe: as of `compile`; None leaves the rates as they are.
        """
        self.recipe = get_recipe(recipe) if recipe else None
        if self.recipe:
            self.rates = {name: getattr(self.recipe, name) for name in RATES}

    def get_compile_config(self) -> dict[str, Any] | None:
        """As Keras's, with the present optimizer and recipe and the rates of `optimizer="auto"`.

        `jit_compile` is left out, as it depends on the backend.
        """
        if (config := super().get_compile_config()) is None:
            return None
        recipe = self.recipe and self.recipe.get_config()
        present = {"optimizer": self.optimizer, "rates": self.rates, "recipe": recipe}
        present = {name: keras.saving.serialize_keras_object(x) for name, x in present.items()}
        return {key: value for key, value in config.items() if key != "jit_compile"} | present

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as a saved model was compiled, ready to take up its optimizer's state."""
        config = keras.saving.deserialize_keras_object(config)
        rates, recipe = config.pop("rates", None), config.pop("recipe", None)
        self.compile(**config)
        self.rates, self.recipe = rates, recipe and Recipe.from_config(recipe)
        self.optimizer.build(self.trainable_variables)

    def make_train_function(self, force: bool = False) -> Any:
        """As Keras's, for what trains now: every call of `fit` and `train_on_batch` begins here."""
        self.renew_optimizer()
        return super().make_train_function(force)

    def renew_optimizer(self) -> None:
        """Make the optimizer anew where it does not fit what trains now.

        Raises:
            ValueError: the optimizer is not `"auto"`, and in use with other variables.
        """
        if (optimizer := self.optimizer) is None:
            return
        same = knows(optimizer, self.trainable_variables)
        one_rate = has_one_rate(optimizer) and any(
            is_elmo(name) for name in groups_of(self.trainable_variables)
        )
        if self.rates and (not same or one_rate):
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
        elif one_rate and not self._warned_of_one_rate:
            self._warned_of_one_rate = True
            logger.warning(
                "ELMo trains at the rate of the head, which is mostly too high for it. Its own: "
                "task.compile(optimizer=keras_elmo.discriminative_learning_rates(task))"
            )

    def _own_optimizer(self) -> keras.optimizers.Optimizer:
        """The optimizer of `optimizer="auto"`."""
        return default_optimizer(self, Recipe(**(self.rates or {})))

    def parameter_table(self) -> list[ParameterGroup]:
        """Groups of parameters with their number, whether they train, and at which rate."""
        if self.rates:
            self.renew_optimizer()
        return parameter_table(self)

    def _run_through_graph(self, *arguments: Any, **options: Any) -> Any:
        refuse_to_clone(self, options)
        return super()._run_through_graph(*arguments, **options)

    def export(
        self,
        filepath: str | PathLike[str],
        format: str = SAVED_MODEL,  # noqa: A002
        **kwargs: Any,
    ) -> None:
        """Write the task for inference without Keras.

        Args:
            filepath: a folder.
            format: `"onnx"`, a folder that reads strings, see
                [`load_exported`][keras_elmo.runtime.exported.load_exported]; or `"tf_saved_model"`,
                the network alone: `tf.saved_model.load(filepath).serve(arrays)` gives what the task
                gives for the same `arrays`, those of its inputs by name, at any length and batch
                size.
            kwargs: of `"onnx"` `precision`, `overwrite` and `records`, see
                [`export_onnx`][keras_elmo.export.folder.export_onnx]; else as of
                `keras.Model.export`.

        Raises:
            ValueError: another format; of a SavedModel, another backend than TensorFlow.
        """
        if format == ONNX:
            from keras_elmo.export.folder import export_onnx

            export_onnx(self, filepath, **kwargs)
            return
        check_export(type(self).__name__, format)
        super().export(filepath, format=format, **kwargs)

    def quantize(self, mode: Any = None, **kwargs: Any) -> None:
        """Refused: the saved task could not be loaded.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            f"a quantized {type(self).__name__} could not be loaded again: its configuration does "
            f"not hold the policies of single layers. Received: mode={mode!r}. To predict alone, "
            f"write `keras.Model(task.input, task.output).quantize({mode!r})`, after saving."
        )
