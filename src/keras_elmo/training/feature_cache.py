"""A frozen ELMo's features for `fit`: computed once, kept on disk, read by every epoch."""

import logging
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.elmo.variables import arrays_by_path
from keras_elmo.embedding.embedder import ElmoEmbedder
from keras_elmo.embedding.store.errors import StoreFullError
from keras_elmo.embedding.store.feature_store import FeatureStore
from keras_elmo.embedding.store.fingerprint import fingerprint
from keras_elmo.embedding.store.settings import show_bytes
from keras_elmo.layers.groups import elmo_group

logger = logging.getLogger("keras_elmo")

MEMORY_LIMIT = 2 * 2**30  # bytes of features that are held in memory where no disk takes them


def lower_key(backbone: ElmoBackbone, count: int, arrays: Mapping[str, np.ndarray]) -> str:
    """A name for what the lowest `count` layers of an ELMo compute, the word layer among them."""
    above = tuple(f"bilm_{n}" for n in range(count, backbone.config.num_layers + 1))
    lower = {path: array for path, array in arrays.items() if elmo_group(path) not in above}
    return fingerprint(backbone.get_config(), lower)


class CachedFeatures:
    """The features of some data sets.

    Args:
        backbone: the frozen ELMo.
        preprocessor: what the task encodes with.
        datasets: sentences as lists of tokens, of each data set.
        dtype: `"float16"` or `"float32"`, on disk.

    Attributes:
        features: of each data set, as `SentenceBatches` takes them; None where they found room
            neither on disk nor in memory, so that ELMo runs in every epoch.
    """

    def __init__(
        self,
        backbone: ElmoBackbone,
        preprocessor: ElmoPreprocessor,
        datasets: Sequence[Sequence[list[str]]],
        dtype: str = "float16",
    ):
        self._backbone = backbone
        arrays = arrays_by_path(backbone)
        counts = range(1, backbone.config.num_layers + 2)
        self._lower = [lower_key(backbone, count, arrays) for count in counts]
        self._shape = backbone.config.feature_shape
        self._itemsize = np.dtype(dtype).itemsize
        self._sentences = [sentence for data in datasets for sentence in data]
        embedder = ElmoEmbedder(backbone, preprocessor)
        begin = time.monotonic()
        features = self._compute(backbone, embedder, dtype)
        self._seconds = time.monotonic() - begin
        self.features: list[Sequence[np.ndarray]] | None = None
        if features is not None:
            starts = np.cumsum([0, *map(len, datasets)])
            self.features = [features[begin:end] for begin, end in pairwise(starts)]

    def serve(self, frozen: int) -> bool:
        """Whether ELMo's lowest layers still give these features.

        Args:
            frozen: number of layers, the word layer among them.
        """
        return self._lower[frozen - 1] == lower_key(
            self._backbone, frozen, arrays_by_path(self._backbone)
        )

    def line(self, epochs: int) -> str:
        """What was computed, and how often it was used."""
        tokens = sum(map(len, self._sentences))
        size = show_bytes(tokens * self._token_bytes)
        if self._computed:
            computed = f"computed in {self._seconds:,.0f} s"
            if self._computed < tokens:
                computed = f"{self._computed:,} of them {computed}"
        else:
            computed = "found on disk"
        reused = f"reused {epochs - 1} epochs" if self._computed else f"used {epochs} epochs"
        return f"features: {tokens:,} tokens, {size}, {computed}, {reused}"

    @property
    def _token_bytes(self) -> int:
        return self._shape[0] * self._shape[1] * self._itemsize

    def _compute(
        self, backbone: ElmoBackbone, embedder: ElmoEmbedder, dtype: str
    ) -> Sequence[np.ndarray] | None:
        try:
            return self._from_store(backbone, embedder, dtype)
        except (OSError, StoreFullError) as error:
            self._computed = sum(map(len, self._sentences))
            fits = self._computed * self._token_bytes <= MEMORY_LIMIT
            where = "Held in memory." if fits else "ELMo runs in every epoch, which is slow."
            logger.warning("features cannot be kept on disk: %s %s", error, where)
            if not fits:
                return None
            kept = (rows.astype(dtype) for rows in embedder.embed_iter(self._sentences))
            return list(kept)

    def _from_store(
        self, backbone: ElmoBackbone, embedder: ElmoEmbedder, dtype: str
    ) -> Sequence[np.ndarray]:
        key = fingerprint(backbone.get_config(), arrays_by_path(backbone))
        with FeatureStore(key, self._shape, name=backbone.name, dtype=dtype) as store:
            new = [self._sentences[i] for i in store.missing(self._sentences)]
            self._computed = sum(map(len, new))
            if new:
                store.add(new, embedder.embed_iter(new))
            return store.features(self._sentences)
