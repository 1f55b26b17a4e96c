"""A task's predictions for batches, where texts are long with ELMo apart, in bounded memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras

from keras_elmo.batching.batches import FEATURES, SentenceBatches
from keras_elmo.elmo.inference import compiled_call
from keras_elmo.embedding.embedder import ElmoEmbedder

# Tokens whose features are held at a time: 200 MB for a small ELMo, 800 MB for the original.
TOKENS_IN_MEMORY = 2**16
_LONG = 1024  # tokens of a text; from here on ELMo's own memory would be felt


class ModelCalls:
    """Runs a task for prediction; compiled once without features and once with them.

    Args:
        model: the task.
    """

    def __init__(self, model: Any):
        self._model = model
        self._calls: dict[bool, Callable[[Mapping[str, Any]], Any]] = {}
        self._embedder: ElmoEmbedder | None = None

    def __call__(self, batch: Mapping[str, Any]) -> Any:
        """The outputs of a batch, as arrays."""
        names = [name for name in batch if name.endswith(FEATURES)]
        if bool(names) not in self._calls:
            backbone = self._model.backbone
            shape = (None, None, *backbone.config.feature_shape)
            self._calls[bool(names)] = compiled_call(self._model, dict.fromkeys(names, shape))
        batch = {name: x.astype("float32") if name in names else x for name, x in batch.items()}
        # While a stage of `fit` computes upper layers anew: the features here are of all layers.
        upper, self._model._upper = self._model._upper, None
        try:
            return self._calls[bool(names)](batch)
        finally:
            self._model._upper = upper

    def embed(self, batches: SentenceBatches) -> None:
        """Give batches their features: stored ones, or what ELMo computes without the model."""
        if not self._take_stored(batches) and self._can_embed:
            backbone, preprocessor = self._model.backbone, self._model.preprocessor
            self._embedder = self._embedder or ElmoEmbedder(backbone, preprocessor)
            batches.features = self._embedder.embed(batches.sentences)

    def _take_stored(self, batches: SentenceBatches) -> bool:
        """Give batches the features that a running `fit` has of them; whether it has."""
        served = self._model.served
        batches.features = served.of(batches.sentences) if served else None
        return batches.features is not None

    def outputs(self, sentences: Sequence[Any], sizes: Sequence[int], batch_size: int) -> list[Any]:
        """The model's output for each sentence, with its padding.

        Args:
            sentences: what the model's batches are made of.
            sizes: number of tokens of each.
            batch_size: number of sentences of a batch at most.
        """
        model = self._model
        outputs: list[Any] = [None] * len(sentences)
        for numbers, on_features in self._parts(sizes):
            part = [sentences[i] for i in numbers]
            batches = model.batch_type(part, model.preprocessor, model.input, batch_size=batch_size)
            if on_features:
                self.embed(batches)
            else:
                self._take_stored(batches)
            for i, rows in enumerate(batches.rows):
                found = self(*batches[i])
                for k, row in enumerate(rows):
                    own = keras.tree.map_structure(lambda array, k=k: array[k], found)
                    outputs[numbers[row]] = own
        return outputs

    def _parts(self, sizes: Sequence[int]) -> Iterator[tuple[list[int], bool]]:
        """Numbers of the sentences that go together, and whether on features: the long ones do."""
        order = sorted(range(len(sizes)), key=lambda i: sizes[i])
        if short := [i for i in order if sizes[i] <= _LONG or not self._can_embed]:
            yield short, False
        part, tokens = [], 0
        for i in order[len(short) :]:
            if part and tokens + sizes[i] > TOKENS_IN_MEMORY:
                yield part, True
                part, tokens = [], 0
            part.append(i)
            tokens += sizes[i]
        if part:
            yield part, True

    @property
    def _can_embed(self) -> bool:
        """Whether ELMo can compute features without the model."""
        backbone = self._model.backbone
        return backbone.config.has_bilm and not backbone.config.stateful
