"""A Keras model whose fit, evaluate and predict take raw sentences."""

import sys
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_elmo._values import SEED
from keras_elmo.batching.batches import SentenceBatches, TargetFunction
from keras_elmo.batching.keras_data import keras_data
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.runtime.examples import Examples
from keras_elmo.runtime.keywords import EVALUATE, FIT, PREDICT, check_keywords, parameter_names
from keras_elmo.tasks.gate import hold_out, read_examples
from keras_elmo.tasks.model_calls import ModelCalls
from keras_elmo.tasks.text_data import gives_batches
from keras_elmo.tasks.text_model import TextModel
from keras_elmo.training.checkpoint import TrainingCheckpoint
from keras_elmo.training.finite_loss import FiniteLoss
from keras_elmo.training.served_features import ServedFeatures
from keras_elmo.training.stages import StagedTraining
from keras_elmo.training.training_facts import training_facts
from keras_elmo.training.whole_training import WholeTraining

AS_COMPILED = "compiled"


class SentenceModel(TextModel):
    """Keras's verbs on strings or token lists.

    With `preprocessor=None`, or when `x` gives batches of arrays by itself, they are Keras's own.

    Attributes:
        recipe: what `compile` and `fit` were told; None trains what is trainable, in one stage.
        served: what a running `fit` has stored of a frozen ELMo; None at all other times.
    """

    batch_type: type[SentenceBatches] = SentenceBatches
    recipe: Recipe | None = None
    served: ServedFeatures | None = None
    _calls: ModelCalls | None = None

    @abstractmethod
    def use_recipe(self, recipe: Recipe | str | None) -> None:
        """Train by another recipe from now on."""

    @abstractmethod
    def target_function(
        self,
        sentences: list[list[str]],
        y: Sequence[Any],
        class_weight: Mapping[Any, float] | str | None,
        sample_weight: Any,
    ) -> TargetFunction:
        """Check all labels now; later give targets and weights of a batch.

        Args:
            sentences, y, sample_weight: parts of [`Examples`][keras_elmo.tasks.gate.Examples].
            class_weight: as of `fit`.
        """

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        *,
        batch_size: int = 32,
        validation_data: Any = None,
        validation_split: float = 0.0,
        class_weight: Mapping[Any, float] | str | None = None,
        sample_weight: Any = None,
        shuffle: bool = True,
        seed: int = SEED,
        cache: bool | str = True,
        recipe: Recipe | str | None = AS_COMPILED,
        steps: int | None = None,
        checkpoint: TrainingCheckpoint | None = None,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Train on sentences and labels.

        Args:
            x: strings or token lists, in any container: lists, NumPy arrays, Series and frames of
                one column of pandas and polars, Arrow arrays, tensors. They are taken by position.
                A `tf.data.Dataset`, a `PyDataset` or a generator of `(x, y)` or `(x, y, weights)`
                brings labels along; it is read once.
            y: the labels; what exactly, the task says.
            batch_size: number of sentences of a batch; fewer where they are very long.
            validation_data: `(x, y)` or `(x, y, sample_weight)` of a development set.
            validation_split: share of `x` to hold out instead, drawn with `seed`.
            class_weight: label → weight, or `"balanced"`.
            sample_weight: float `(len(x),)`; of taggers a weight of each token, too.
            shuffle, seed: batches of similar length in a new, seeded order every epoch.
            cache: run the frozen layers of ELMo once, keep their features on disk (see
                `keras-elmo cache`) and train on them: as float16, or with `"float32"` exactly.
                False runs ELMo in every epoch, as always where it trains from the word layer on
                or has dropout inside.
            recipe: as of `compile`, all else of which stays as it is: `fit(recipe="slight")` is
                `compile(recipe="slight")`, then `fit()`. `"compiled"` is the recipe of `compile`,
                or of the last `fit`.
            steps: number of batches of the whole training at most; where `epochs` have more, the
                last epoch is cut, and schedules are laid out over these.
            checkpoint: where the state of the training is written, and from where it goes on.
            kwargs: what Keras's `fit` takes besides: `epochs`, `callbacks`, `verbose`, …

        Returns:
            Keras's history; where features were cached its `features` says what that cost.
        """
        if recipe != AS_COMPILED:
            self.use_recipe(recipe)
        if not self._takes_sentences(x):
            data = keras_data(x, shuffle=shuffle)
            ours = {"batch_size": batch_size, "validation_split": validation_split}
            ours = {} if gives_batches(x) else {**ours, "sample_weight": sample_weight}
            ours |= {"validation_data": keras_data(validation_data), "class_weight": class_weight}
            ours["shuffle"] = shuffle and data is x  # else it does so itself
            return super().fit(data, y, **ours, **kwargs)
        check_keywords(kwargs, [*parameter_names(SentenceModel.fit), *FIT], "fit")
        epochs, first = kwargs.pop("epochs", 1), kwargs.pop("initial_epoch", 0)
        size = kwargs.pop("validation_batch_size", None) or batch_size
        callbacks = keras.tree.flatten(kwargs.pop("callbacks", None) or [])  # Keras takes one, too

        # === Gate ===
        examples = read_examples(self, x, y, sample_weight)
        examples, held_out = hold_out(self, examples, validation_data, validation_split, seed)
        self.prepare(examples.x, examples.y)

        # === Batches ===
        if held_out:
            validation_data = self.make_batches(held_out, batch_size=size)
        order = {"batch_size": batch_size, "shuffle": shuffle, "seed": seed}
        batches = self.make_batches(examples, class_weight=class_weight, **order)

        # === Features ===
        features = ServedFeatures(self, cache, batches, validation_data)

        # === Stages ===
        length = min(epochs * len(batches), steps or sys.maxsize)
        callbacks = [FiniteLoss(), *callbacks]
        if checkpoint:
            settings = {"epochs": epochs, "steps": steps, **order}
            settings |= {"class_weight": class_weight, "cache": cache}
            checkpoint.expect(training_facts(self, (examples, held_out), self.recipe, settings))
            callbacks.append(checkpoint)
        training = WholeTraining(
            callbacks, self, batches, validation_data, features, length, kwargs
        )
        stages = StagedTraining(self, self.recipe, length, len(batches))
        history = stages.fit(training, first, checkpoint)

        # === History ===
        if line := features.line():
            history.features = line
            if kwargs.get("verbose", 1):
                sys.stdout.write(f"{line}\n")
        return history

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        *,
        batch_size: int = 32,
        sample_weight: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Loss and metrics on sentences and labels, as Keras's `evaluate` returns them.

        Args:
            x, y, sample_weight: as of `fit`.
            batch_size: number of sentences of a batch.
            kwargs: what Keras's `evaluate` takes besides: `verbose`, `return_dict`, …
        """
        if not self._takes_sentences(x):
            ours: dict[str, Any] = {}
            if not gives_batches(x):
                ours = {"batch_size": batch_size, "sample_weight": sample_weight}
            return super().evaluate(keras_data(x), y, **ours, **kwargs)
        check_keywords(kwargs, [*parameter_names(SentenceModel.evaluate), *EVALUATE], "evaluate")
        batches = self.make_batches(read_examples(self, x, y, sample_weight), batch_size=batch_size)
        return super().evaluate(keras_data(batches), **kwargs)

    def predict(self, x: Any, *, batch_size: int = 32, **kwargs: Any) -> Any:
        """The outputs for each sentence, in their order; the task says what they are.

        Args:
            x: as of `fit`; nothing in it gives nothing.
            batch_size: number of sentences of a batch.
            kwargs: more arguments of Keras's `predict`; of sentences only `verbose`.
        """
        if not self._takes_sentences(x):
            size = {} if gives_batches(x) else {"batch_size": batch_size}
            return super().predict(keras_data(x), **size, **kwargs)
        check_keywords(kwargs, [*parameter_names(SentenceModel.predict), *PREDICT], "predict")
        sentences = self.read_sentences(x)
        return self.collect(sentences, self.sentence_outputs(sentences, batch_size))

    def prepare(self, sentences: Sequence[Any], y: Sequence[Any]) -> None:
        """Look at what `fit` trains on, before it makes batches."""

    def size_of(self, sentence: Any) -> int:
        """Tokens of what `tokenize` gives."""
        return len(sentence)

    def sentence_outputs(self, sentences: list[Any], batch_size: int = 32) -> list[Any]:
        """The model's output for each token list, without padding."""
        self._calls = self._calls or ModelCalls(self)
        sizes = [self.size_of(sentence) for sentence in sentences]
        outputs = self._calls.outputs(sentences, sizes, batch_size)
        return [self.own_output(*pair) for pair in zip(sentences, outputs, strict=True)]

    def own_output(self, tokens: list[str], output: Any) -> Any:
        """A sentence's output without its padding, where it has time steps."""
        return output

    def collect(self, sentences: list[list[str]], outputs: list[Any]) -> Any:
        """What `predict` returns, of each sentence's own output."""
        return np.stack(outputs) if outputs else np.zeros((0, *self.output_shape[1:]), np.float32)

    def batches(
        self, x: Any, y: Any = None, *, sample_weight: Any = None, **options: Any
    ) -> SentenceBatches:
        """Sentences and labels as the batches that `fit` and `evaluate` run on.

        Args:
            x, y, sample_weight: as of `fit`.
            options: more arguments of `make_batches`.
        """
        return self.make_batches(read_examples(self, x, y, sample_weight), **options)

    def make_batches(
        self,
        examples: Examples,
        *,
        batch_size: int = 32,
        class_weight: Mapping[Any, float] | str | None = None,
        shuffle: bool = False,
        seed: int = SEED,
    ) -> SentenceBatches:
        """Checked examples as batches; the arguments are those of `fit`."""
        sentences, y, weights = examples.x, examples.y, examples.weights
        return self.batch_type(
            sentences,
            self._preprocessor,
            self.input,
            targets=self.target_function(sentences, y, class_weight, weights),
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
        )
