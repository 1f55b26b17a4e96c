"""A Keras model whose fit, evaluate and predict take raw sentences."""

import sys
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor, Sentences
from keras_elmo.elmo.upper_layers import UpperLayers
from keras_elmo.fine_tuning.recipes import Recipe, get_recipe
from keras_elmo.tasks.batches import (
    FEATURES,
    InEpochOrder,
    SentenceBatches,
    TargetFunction,
    split_rows,
    take_rows,
)
from keras_elmo.tasks.checkpoint import TrainingCheckpoint
from keras_elmo.tasks.feature_cache import CachedFeatures
from keras_elmo.tasks.finite_loss import FiniteLoss
from keras_elmo.tasks.keras_data import gives_batches, keras_data
from keras_elmo.tasks.model_calls import ModelCalls
from keras_elmo.tasks.served_features import serve_features
from keras_elmo.tasks.stages import StagedTraining
from keras_elmo.tasks.training_facts import training_facts
from keras_elmo.tasks.whole_training import WholeTraining
from keras_elmo.tasks.word_types import INDEX, TYPES, features_of_types


class SentenceModel(keras.Model):
    """Keras's verbs on strings or token lists.

    With `preprocessor=None`, or when `x` gives batches by itself, they are Keras's own.
    """

    backbone: ElmoBackbone
    batch_type: type[SentenceBatches] = SentenceBatches
    preprocessor: ElmoPreprocessor | None = None
    _calls: ModelCalls | None = None
    _upper: UpperLayers | None = None
    _id_names = ("character_ids", "token_ids")

    @abstractmethod
    def target_function(
        self,
        sentences: list[list[str]],
        y: Sequence[Any],
        class_weight: Mapping[Any, float] | str | None,
        sample_weight: np.ndarray,
    ) -> TargetFunction:
        """Check all labels now; later give targets and weights of a batch."""

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
        seed: int = 0,
        cache: bool | str = True,
        recipe: Recipe | str | None = None,
        checkpoint: TrainingCheckpoint | None = None,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Train on sentences and labels.

        Args:
            x: strings or token lists.
            y: labels by name or class number; what exactly, the task says.
            batch_size: sentences of a batch; fewer where they are very long.
            validation_data: `(x, y)` of a development set.
            validation_split: share of `x` to hold out instead, drawn with `seed`.
            class_weight: label → weight, or `"balanced"`.
            sample_weight: float `(len(x),)`.
            shuffle, seed: batches of similar length in a new, seeded order every epoch.
            cache: run the frozen layers of ELMo once, keep their features on disk (see
                `keras-elmo cache`) and train on them: as float16, or with `"float32"` exactly.
                False runs ELMo in every epoch, as it is done with one that trains from the word
                layer on, or has dropout inside.
            recipe: which layers train when and at which rates: `"frozen"`, `"slight"`, `"full"`,
                or a [`Recipe`][keras_elmo.fine_tuning.recipes.Recipe]. It takes the place of the
                compiled optimizer. None trains what is trainable, with that optimizer.
            checkpoint: where the state of the training is written, and from where it goes on.
            kwargs: what Keras's `fit` takes besides: `epochs`, `callbacks`, `verbose`, …

        Returns:
            Keras's history; where features were cached its `features` says what that cost.
        """
        if not self._takes_sentences(x):
            ours = {"validation_data": validation_data, "class_weight": class_weight}
            ours["shuffle"] = shuffle
            if not gives_batches(x):
                ours |= {"batch_size": batch_size, "validation_split": validation_split}
                ours["sample_weight"] = sample_weight
            return super().fit(x, y, **ours, **kwargs)
        sentences, y = self._checked(x, y)
        weights = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
        train = np.arange(len(y))
        if validation_data is None and validation_split:
            held_out, train = split_rows(len(y), validation_split, seed)
            validation_data = take_rows(sentences, held_out), take_rows(y, held_out)
        self.prepare(take_rows(y, train))
        validation = validation_data
        if validation_data is not None and not gives_batches(validation_data):
            validation_data = self.batches(*validation_data, batch_size=batch_size)
        batches = self.batches(
            take_rows(sentences, train),
            take_rows(y, train),
            batch_size=batch_size,
            class_weight=class_weight,
            sample_weight=weights[train],
            shuffle=shuffle,
            seed=seed,
        )
        order, epochs = InEpochOrder(batches), kwargs.pop("epochs", 1)
        # Keras takes one callback, too.
        callbacks = keras.tree.flatten(kwargs.pop("callbacks", None) or [])
        whole = WholeTraining(
            [order, FiniteLoss(), *callbacks, *([checkpoint] if checkpoint else [])],
            self,
            epochs=epochs,
            steps=len(batches),
            verbose=kwargs.get("verbose", "auto"),
        )
        cached: CachedFeatures | None = None
        served = 0  # epochs

        def fit_epochs(begin: int, end: int, done: int) -> None:
            """Of one stage, with the features of the layers that are frozen in it."""
            nonlocal cached, served
            cached = serve_features(self, cache, cached, batches, validation_data)
            # The batches are in their own order: Keras would shuffle them with global random state.
            span = {"initial_epoch": begin, "epochs": end, "shuffle": False}
            order.start = begin, done
            batches.set_epoch(begin)  # Keras looks at it before `order` skips what is done
            left = len(batches.rows) - done
            if done:
                span["steps_per_epoch"] = left
            whole.set_params({**whole.params, "steps": left})
            before = len(whole.history.epoch)
            super(SentenceModel, self).fit(
                keras_data(batches),
                validation_data=keras_data(validation_data),
                callbacks=whole,
                **kwargs | span,
            )
            served += len(whole.history.epoch) - before if batches.features is not None else 0

        recipe = get_recipe(recipe) if recipe else None
        if checkpoint:
            settings = {"epochs": epochs, "batch_size": batch_size, "shuffle": shuffle}
            settings |= {"seed": seed, "class_weight": class_weight, "cache": cache}
            sets = (sentences, y, weights), validation
            checkpoint.expect(training_facts(self, sets, recipe, settings))
        stages = StagedTraining(self, recipe, epochs, len(batches))
        history = stages.fit(fit_epochs, whole, kwargs.pop("initial_epoch", 0), checkpoint)
        self._upper = None
        if cached:
            history.features = cached.line(served)
            if kwargs.get("verbose", 1):
                sys.stdout.write(f"{history.features}\n")
        return history

    def evaluate(self, x: Any = None, y: Any = None, *, batch_size: int = 32, **kwargs: Any) -> Any:
        """Loss and metrics on sentences and labels, as Keras's `evaluate` returns them."""
        if not self._takes_sentences(x):
            size = {} if gives_batches(x) else {"batch_size": batch_size}
            return super().evaluate(x, y, **size, **kwargs)
        return super().evaluate(keras_data(self.batches(x, y, batch_size=batch_size)), **kwargs)

    def predict(self, x: Any, *, batch_size: int = 32, **kwargs: Any) -> Any:
        """The outputs for each sentence, in their order; the task says what they are."""
        if not self._takes_sentences(x):
            size = {} if gives_batches(x) else {"batch_size": batch_size}
            return super().predict(x, **size, **kwargs)
        sentences = self.tokenize(x)
        return self.collect(sentences, self.sentence_outputs(sentences, batch_size))

    def prepare(self, y: Sequence[Any]) -> None:
        """Look at the labels that `fit` trains on, before it makes batches."""

    def tokenize(self, x: Any) -> list[Any]:
        """What batches are made of: token lists, unless a task says otherwise."""
        return self._preprocessor.tokenize(x)

    def size_of(self, sentence: Any) -> int:
        """Tokens of what `tokenize` gives."""
        return len(sentence)

    def sentence_outputs(self, sentences: list[Any], batch_size: int = 32) -> list[Any]:
        """What the model gives for each token list, without padding."""
        self._calls = self._calls or ModelCalls(self)
        sizes = [self.size_of(sentence) for sentence in sentences]
        outputs = self._calls.outputs(sentences, sizes, batch_size)
        return [self.own_output(*pair) for pair in zip(sentences, outputs, strict=True)]

    def own_output(self, tokens: list[str], output: Any) -> Any:
        """A sentence's output without its padding, where it has time steps."""
        return output

    def collect(self, sentences: list[list[str]], outputs: list[Any]) -> Any:
        """What `predict` returns, of each sentence's own output."""
        return np.stack(outputs)

    def batches(
        self,
        x: Sentences,
        y: Sequence[Any],
        *,
        batch_size: int = 32,
        class_weight: Mapping[Any, float] | str | None = None,
        sample_weight: Any = None,
        shuffle: bool = False,
        seed: int = 0,
    ) -> SentenceBatches:
        """Sentences and labels as the batches that `fit` and `evaluate` run on."""
        sentences, y = self._checked(x, y)
        weights = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
        return self.batch_type(
            sentences,
            self._preprocessor,
            self.input,
            targets=self.target_function(sentences, y, class_weight, weights),
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
        )

    def run_on_features(self, inputs: dict[str, Any], features: Any, outputs: Any) -> None:
        """Let the model also take batches with `elmo_features`, and skip ELMo for them.

        Args:
            inputs, features, outputs: tensors of the functional graph; several features by name.
        """
        tensors = {name: inputs[name] for name in inputs if not name.endswith(self._id_names)}
        tensors |= features if isinstance(features, Mapping) else {FEATURES: features}
        head = keras.Model(list(tensors.values()), outputs)
        # In a closure, so that Keras does not count and save the layers of `head` twice.
        self._head = lambda batch, training: head(
            [batch[name] for name in tensors], training=training
        )

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Keras's own, or the head alone where the features are there."""
        if isinstance(inputs, Mapping) and (FEATURES in inputs or TYPES in inputs):
            # Eagerly on JAX they are NumPy's, which Keras does not mix with tensors.
            inputs = {name: keras.ops.convert_to_tensor(x) for name, x in inputs.items()}
        if isinstance(inputs, Mapping) and FEATURES in inputs:
            if self._upper:
                for name in [name for name in inputs if name.endswith(FEATURES)]:
                    mask = inputs[name.replace(FEATURES, "padding_mask")]
                    inputs = {**inputs, name: self._upper(inputs[name], mask, training)}
            return self._head(inputs, training)
        if isinstance(inputs, Mapping) and TYPES in inputs:
            types = inputs[TYPES], inputs[INDEX], inputs["padding_mask"]
            features = features_of_types(self.backbone, *types, training=training)
            return self._head({**inputs, FEATURES: features}, training)
        return super().call(inputs, training=training, mask=mask)

    @property
    def _preprocessor(self) -> ElmoPreprocessor:
        if self.preprocessor is None:
            raise ValueError("This model has no preprocessor: give it arrays, or set one.")
        return self.preprocessor

    def _takes_sentences(self, x: Any) -> bool:
        return self.preprocessor is not None and not gives_batches(x)

    def _checked(self, x: Any, y: Any) -> tuple[list[Any], Sequence[Any]]:
        sentences = self.tokenize(x)
        if y is None or len(y) != len(sentences) or not len(sentences):
            received = "none" if y is None else len(y)
            raise ValueError(
                "`x` and `y` must be of the same length and not empty. "
                f"Received: {len(sentences)} sentences, {received} labels"
            )
        return sentences, y
