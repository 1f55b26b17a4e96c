"""What `fit` gives the model in place of running frozen layers of ELMo again and again."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_elmo.batching.batches import SentenceBatches
from keras_elmo.batching.word_types import WordTypes, can_read_types
from keras_elmo.elmo.upper_layers import UpperLayers
from keras_elmo.fine_tuning.unfreezing import frozen_layers
from keras_elmo.training.feature_cache import CachedFeatures


class ServedFeatures:
    """Gives batches stored features of ELMo's frozen layers, or the distinct words that it reads.

    Args:
        model: the task.
        cache: as of `fit`.
        datasets: what it trains and is measured on; only batches of a task are served.

    Attributes:
        epochs: how many epochs have read stored features.
    """

    def __init__(self, model: Any, cache: bool | str, *datasets: Any):
        self._model, self._cache = model, cache
        self._batches = [data for data in datasets if isinstance(data, SentenceBatches)]
        self._cached: CachedFeatures | None = None
        self._places: dict[tuple[str, ...], tuple[SentenceBatches, int]] | None = None
        self.epochs = 0

    @property
    def stored(self) -> bool:
        """Whether the batches have stored features now."""
        return any(batches.features is not None for batches in self._batches)

    def serve(self) -> None:
        """Give the batches what fits the layers that are frozen now."""
        model, backbone = self._model, self._model.backbone
        model.served = self
        can_embed = not backbone.config.stateful and backbone.config.has_bilm
        frozen = frozen_layers(backbone) if can_embed else 0  # the word layer is the first
        types = None
        if backbone.word_layer.trainable_weights and can_read_types(backbone):
            types = WordTypes(backbone, model._preprocessor)
        for batches in self._batches:
            batches.features = None
            batches.word_types = types if batches.takes_word_types else None
        model._upper = None
        if not self._cache or not frozen or backbone.config.dropout or backbone.config.weight_drop:
            return
        if frozen <= backbone.config.num_layers:
            model._upper = UpperLayers(backbone, frozen - 1)
        for batches, features in zip(self._batches, self._features(frozen) or [], strict=False):
            batches.features = features

    def of(self, sentences: Sequence[Sequence[str]]) -> Sequence[np.ndarray] | None:
        """Features of all layers of ELMo for some sentences; None where not all of them are there.

        Args:
            sentences: token lists, such as those of a development set.
        """
        if not self.stored or self._model._upper:
            return None
        if self._places is None:
            self._places = {
                tuple(tokens): (batches, i)
                for batches in self._batches
                for i, tokens in enumerate(batches.sentences)
            }
        found = [self._places.get(tuple(tokens)) for tokens in sentences]
        return None if None in found else _Picked(found)

    def stop(self) -> None:
        """Let the model run all of ELMo again."""
        self._model._upper = self._model.served = None

    def line(self) -> str | None:
        """What the features cost, and how often they were read; None where none were stored."""
        return self._cached.line(self.epochs) if self._cached else None

    def _features(self, frozen: int) -> Any:
        """The features of each data set; stored ones serve while the layers below are the same."""
        if not self._cached or not self._cached.serve(frozen):
            dtype = self._cache if isinstance(self._cache, str) else "float16"
            sentences = [batches.sentences for batches in self._batches]
            model = self._model
            self._cached = CachedFeatures(model.backbone, model._preprocessor, sentences, dtype)
        return self._cached.features


class _Picked(Sequence[np.ndarray]):
    """Stored features of some sentences, each read when it is asked for."""

    def __init__(self, places: Sequence[Any]) -> None:
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: Any) -> Any:
        batches, i = self._places[number]
        return batches.features[i]
